package dev.millrace.actions;

import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.empty.EmptyProvidingBlobStore;
import dev.millrace.blobstore.remote.RemoteBlobStore;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.time.Clock;
import java.util.concurrent.TimeUnit;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** What the service needs when it runs by itself: the CAS is another process. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(CasPeerProperties.class)
class CasPeerConfiguration {

  /** A batch of 4 MiB and what surrounds it. */
  private static final int MAX_MESSAGE_BYTES = 5 * 1024 * 1024;

  @Bean(destroyMethod = "shutdown")
  ManagedChannel casChannel(CasPeerProperties properties) {
    return NettyChannelBuilder.forTarget(properties.target())
        .usePlaintext()
        .maxInboundMessageSize(MAX_MESSAGE_BYTES)
        .keepAliveTime(30, TimeUnit.SECONDS)
        .build();
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
