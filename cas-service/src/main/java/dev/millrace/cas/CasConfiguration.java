package dev.millrace.cas;

import dev.millrace.blobstore.BlobStore;
import dev.millrace.cas.api.BlobBatches;
import dev.millrace.cas.api.BlobByteStreamHandler;
import dev.millrace.cas.api.CasCapabilities;
import dev.millrace.cas.api.ChunkCalls;
import dev.millrace.cas.api.CodecSlots;
import dev.millrace.cas.api.ContentAddressableStorageGrpcService;
import dev.millrace.cas.api.RequestChecks;
import dev.millrace.cas.upload.GatheringRoom;
import dev.millrace.cas.upload.ResumableUploads;
import dev.millrace.cas.upload.UploadPlaces;
import dev.millrace.cas.upload.UploadSweeper;
import dev.millrace.grpc.error.FailureStatuses;
import dev.millrace.grpc.request.DigestFunctionPolicy;
import dev.millrace.grpc.request.InstancePolicy;
import dev.millrace.staging.StagingArea;
import java.time.Clock;
import java.time.Duration;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/**
 * The blob service, on the {@link BlobStore} and the {@link StagingArea} that it is given: a store
 * that verifies what it takes in and always has the empty blob, and an area of the same back end
 * that verifies as well.
 */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties({CasProperties.class, CasUploadProperties.class})
@Import(ChunkingConfiguration.class)
public class CasConfiguration {

  private static final Duration SWEEP_INTERVAL = Duration.ofMinutes(10);
  private static final Duration CODEC_PATIENCE = Duration.ofSeconds(10);

  @Bean
  ResumableUploads resumableUploads(
      BlobStore store, StagingArea staging, GatheringRoom room, CasProperties properties) {
    return new ResumableUploads(
        new UploadPlaces(store, staging, room),
        Clock.systemUTC(),
        properties.maxSuspendedUploads(),
        properties.suspendedUploadAge());
  }

  @Bean
  GatheringRoom gatheringRoom(CasUploadProperties properties) {
    return properties.room(Runtime.getRuntime().maxMemory());
  }

  @Bean
  CodecSlots codecSlots(CasProperties properties) {
    return new CodecSlots(properties.maxCompressedStreams(), CODEC_PATIENCE);
  }

  @Bean
  UploadSweeper uploadSweeper(ResumableUploads uploads) {
    return new UploadSweeper(uploads, SWEEP_INTERVAL);
  }

  @Bean
  ContentAddressableStorageGrpcService contentAddressableStorageGrpcService(
      RequestChecks casRequestChecks,
      BlobStore store,
      BlobBatches blobBatches,
      ChunkCalls chunkCalls) {
    return new ContentAddressableStorageGrpcService(
        casRequestChecks, store, blobBatches, chunkCalls);
  }

  @Bean
  BlobBatches blobBatches(
      BlobStore store, FailureStatuses statuses, CodecSlots codecs, CasProperties properties) {
    return new BlobBatches(store, statuses, codecs, properties.maxBatchSize().toBytes());
  }

  @Bean
  RequestChecks casRequestChecks(InstancePolicy instances, DigestFunctionPolicy functions) {
    return new RequestChecks(instances, functions);
  }

  @Bean
  BlobByteStreamHandler blobByteStreamHandler(
      DigestFunctionPolicy functions,
      BlobStore store,
      ResumableUploads uploads,
      CodecSlots codecs) {
    return new BlobByteStreamHandler(functions, store, uploads, codecs);
  }

  @Bean
  CasCapabilities casCapabilities(DigestFunctionPolicy functions, CasProperties properties) {
    return new CasCapabilities(functions, properties.maxBatchSize().toBytes());
  }
}
