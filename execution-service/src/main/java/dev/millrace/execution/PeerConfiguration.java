package dev.millrace.execution;

import dev.millrace.actioncache.ActionCache;
import dev.millrace.actioncache.remote.RemoteActionCache;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.empty.EmptyProvidingBlobStore;
import dev.millrace.blobstore.remote.RemoteBlobStore;
import dev.millrace.grpc.capabilities.CapabilitiesContributor;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** What the service needs when it runs by itself: blobs and results are with other processes. */
@Configuration(proxyBeanMethods = false)
class PeerConfiguration {

  /** A batch of 4 MiB and what surrounds it. */
  private static final int MAX_MESSAGE_BYTES = 5 * 1024 * 1024;

  @Bean(destroyMethod = "shutdown")
  ManagedChannel casChannel(@Value("${millrace.cas.target}") String target) {
    return channel(target);
  }

  @Bean(destroyMethod = "shutdown")
  ManagedChannel actionCacheChannel(@Value("${millrace.actioncache.target}") String target) {
    return channel(target);
  }

  @Bean
  BlobStore blobStore(@Qualifier("casChannel") ManagedChannel channel) {
    return new EmptyProvidingBlobStore(new RemoteBlobStore(channel));
  }

  @Bean
  ActionCache actionCache(@Qualifier("actionCacheChannel") ManagedChannel channel) {
    return new RemoteActionCache(channel);
  }

  /** Clients ask this service for what the whole suite can do. */
  @Bean
  CapabilitiesContributor cacheCapabilities(
      @Qualifier("casChannel") ManagedChannel cas,
      @Qualifier("actionCacheChannel") ManagedChannel actionCache) {
    return new PeerCapabilities(List.of(cas, actionCache));
  }

  @Bean
  Clock clock() {
    return Clock.systemUTC();
  }

  private static ManagedChannel channel(String target) {
    return NettyChannelBuilder.forTarget(target)
        .usePlaintext()
        .maxInboundMessageSize(MAX_MESSAGE_BYTES)
        .keepAliveTime(30, TimeUnit.SECONDS)
        .build();
  }
}
