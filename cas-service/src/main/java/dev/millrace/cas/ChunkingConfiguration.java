package dev.millrace.cas;

import dev.millrace.blobstore.BlobStore;
import dev.millrace.cas.api.ChunkCalls;
import dev.millrace.cas.api.ChunkingCapabilities;
import dev.millrace.cas.api.RequestChecks;
import dev.millrace.cas.chunking.BlobSplicer;
import dev.millrace.cas.chunking.BlobSplitter;
import dev.millrace.cas.chunking.BoundedSplitMemory;
import dev.millrace.cas.chunking.SplitMemory;
import java.time.Duration;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** SplitBlob and SpliceBlob, on the store that the rest of the blob service is on. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(ChunkingProperties.class)
class ChunkingConfiguration {

  private static final Duration SPLIT_PATIENCE = Duration.ofSeconds(30);

  @Bean
  SplitMemory splitMemory(ChunkingProperties properties) {
    return new BoundedSplitMemory(properties.rememberedChunks());
  }

  @Bean
  ChunkCalls chunkCalls(
      RequestChecks casRequestChecks,
      BlobStore store,
      SplitMemory memory,
      ChunkingProperties properties) {
    return new ChunkCalls(
        casRequestChecks,
        new BlobSplitter(
            store,
            memory,
            properties.chunkings(),
            properties.maxConcurrentSplits(),
            SPLIT_PATIENCE),
        new BlobSplicer(store, memory));
  }

  @Bean
  ChunkingCapabilities chunkingCapabilities(ChunkingProperties properties) {
    return new ChunkingCapabilities(properties.chunkings());
  }
}
