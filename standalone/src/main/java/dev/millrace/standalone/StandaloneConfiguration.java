package dev.millrace.standalone;

import dev.millrace.worker.WorkerProperties;
import io.grpc.ManagedChannel;
import io.grpc.inprocess.InProcessChannelBuilder;
import java.time.Clock;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** What the services and the worker need of the process around them. */
@Configuration(proxyBeanMethods = false)
class StandaloneConfiguration {

  @Bean
  Clock clock() {
    return Clock.systemUTC();
  }

  /** The way from the worker to whoever has work, without a network in between. */
  @Bean(destroyMethod = "shutdownNow")
  ManagedChannel botsChannel(@Value("${spring.grpc.server.inprocess.name}") String server) {
    return InProcessChannelBuilder.forName(server).build();
  }

  @Bean
  Announcer announcer(
      StandaloneProperties standalone,
      WorkerProperties worker,
      @Value("${spring.grpc.server.address}") String address) {
    return new Announcer(address, standalone.data(), worker.slotsOrDefault());
  }
}
