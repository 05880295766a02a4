package dev.millrace.actions;

import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.empty.EmptyProvidingBlobStore;
import dev.millrace.blobstore.remote.RemoteBlobStore;
import dev.millrace.peer.PeerChannel;
import io.grpc.ManagedChannel;
import java.time.Clock;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** What the service needs when it runs by itself: the CAS is another process. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(CasPeerProperties.class)
class CasPeerConfiguration {

  @Bean(destroyMethod = "shutdown")
  ManagedChannel casChannel(CasPeerProperties properties) {
    return PeerChannel.to(properties.target());
  }

  @Bean
  BlobStore blobStore(ManagedChannel casChannel) {
    return new EmptyProvidingBlobStore(new RemoteBlobStore(casChannel));
  }

  @Bean
  Clock clock() {
    return Clock.systemUTC();
  }
}
