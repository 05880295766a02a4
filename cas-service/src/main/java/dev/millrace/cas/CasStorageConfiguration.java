package dev.millrace.cas;

import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.empty.EmptyProvidingBlobStore;
import dev.millrace.blobstore.inheriting.InheritingBlobStore;
import dev.millrace.blobstore.verifying.VerifyingBlobStore;
import dev.millrace.cas.disk.DiskBlobStore;
import dev.millrace.cas.disk.DiskStagingArea;
import dev.millrace.staging.StagingArea;
import dev.millrace.staging.verifying.VerifyingStagingArea;
import java.time.Clock;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Blobs and uploads on this machine's disk: the whole stack, from the outside in. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(CasDiskProperties.class)
public class CasStorageConfiguration {

  /** Nobody gets this one by its type: it takes content on trust. */
  @Bean(defaultCandidate = false)
  DiskBlobStore diskBlobStore(CasDiskProperties properties) {
    return DiskBlobStore.open(properties.toDiskProperties());
  }

  /** Nobody gets this one by its type either. */
  @Bean(defaultCandidate = false)
  DiskStagingArea diskStagingArea(@Qualifier("diskBlobStore") DiskBlobStore disk) {
    return DiskStagingArea.open(disk, Clock.systemUTC());
  }

  @Bean
  StagingArea stagingArea(@Qualifier("diskStagingArea") StagingArea disk) {
    return new VerifyingStagingArea(disk);
  }

  /** Nothing but the verifying store may stand directly around the disk, which trusts its bytes. */
  @Bean
  BlobStore blobStore(@Qualifier("diskBlobStore") BlobStore disk) {
    return new EmptyProvidingBlobStore(new InheritingBlobStore(new VerifyingBlobStore(disk)));
  }
}
