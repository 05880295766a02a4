package dev.millrace.execution;

import dev.millrace.actioncache.ActionCache;
import dev.millrace.actioncache.remote.RemoteActionCache;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.empty.EmptyProvidingBlobStore;
import dev.millrace.blobstore.remote.RemoteBlobStore;
import dev.millrace.grpc.capabilities.CapabilitiesContributor;
import dev.millrace.peer.PeerChannel;
import io.grpc.ManagedChannel;
import java.time.Clock;
import java.util.List;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** What the service needs when it runs by itself: blobs and results are with other processes. */
@Configuration(proxyBeanMethods = false)
class PeerConfiguration {

  @Bean(destroyMethod = "shutdown")
  ManagedChannel casChannel(@Value("${millrace.cas.target}") String target) {
    return PeerChannel.to(target);
  }

  @Bean(destroyMethod = "shutdown")
  ManagedChannel actionCacheChannel(@Value("${millrace.actioncache.target}") String target) {
    return PeerChannel.to(target);
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
}
