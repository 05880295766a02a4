package dev.millrace.cas;

import dev.millrace.blobstore.BlobStore;
import dev.millrace.cas.api.BlobByteStreamHandler;
import dev.millrace.cas.api.CasCapabilities;
import dev.millrace.cas.api.ContentAddressableStorageGrpcService;
import dev.millrace.cas.api.RequestChecks;
import dev.millrace.cas.upload.ResumableUploads;
import dev.millrace.grpc.error.FailureStatuses;
import dev.millrace.grpc.request.DigestFunctionPolicy;
import dev.millrace.grpc.request.InstancePolicy;
import java.time.Clock;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * The blob service, on the {@link BlobStore} that it is given: one that verifies what it takes in
 * and always has the empty blob.
 */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(CasProperties.class)
public class CasConfiguration {

  @Bean
  ResumableUploads resumableUploads(BlobStore store, CasProperties properties) {
    return new ResumableUploads(
        store,
        Clock.systemUTC(),
        properties.maxSuspendedUploads(),
        properties.suspendedUploadAge());
  }

  @Bean
  ContentAddressableStorageGrpcService contentAddressableStorageGrpcService(
      RequestChecks casRequestChecks,
      BlobStore store,
      FailureStatuses statuses,
      CasProperties properties) {
    return new ContentAddressableStorageGrpcService(
        casRequestChecks, store, statuses, properties.maxBatchSize().toBytes());
  }

  @Bean
  RequestChecks casRequestChecks(InstancePolicy instances, DigestFunctionPolicy functions) {
    return new RequestChecks(instances, functions);
  }

  @Bean
  BlobByteStreamHandler blobByteStreamHandler(
      DigestFunctionPolicy functions, BlobStore store, ResumableUploads uploads) {
    return new BlobByteStreamHandler(functions, store, uploads);
  }

  @Bean
  CasCapabilities casCapabilities(DigestFunctionPolicy functions, CasProperties properties) {
    return new CasCapabilities(functions, properties.maxBatchSize().toBytes());
  }
}
