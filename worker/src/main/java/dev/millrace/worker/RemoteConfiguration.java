package dev.millrace.worker;

import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.remote.RemoteBlobStore;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import java.time.Clock;
import java.util.concurrent.TimeUnit;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * What a worker needs, over gRPC: from one endpoint, {@code millrace.worker.remote}, or from a CAS
 * and an execution service apart, {@code millrace.cas.target} and {@code
 * millrace.execution.target}.
 */
@Configuration(proxyBeanMethods = false)
class RemoteConfiguration {

  private static final int KEEP_ALIVE_SECONDS = 30;

  @Bean(destroyMethod = "shutdownNow")
  ManagedChannel casChannel(
      @Value("${millrace.cas.target:${millrace.worker.remote:}}") String target) {
    return channel("millrace.cas.target", target);
  }

  @Bean(destroyMethod = "shutdownNow")
  ManagedChannel botsChannel(
      @Value("${millrace.execution.target:${millrace.worker.remote:}}") String target) {
    return channel("millrace.execution.target", target);
  }

  @Bean
  BlobStore blobStore(@Qualifier("casChannel") Channel channel) {
    return new RemoteBlobStore(channel);
  }

  @Bean
  Clock clock() {
    return Clock.systemUTC();
  }

  private static ManagedChannel channel(String property, String target) {
    if (target.isBlank()) {
      throw new IllegalStateException(
          "set millrace.worker.remote (host:port of everything) or " + property);
    }
    return ManagedChannelBuilder.forTarget(target)
        .usePlaintext()
        .keepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
        .build();
  }
}
