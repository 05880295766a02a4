package dev.millrace.execution;

import dev.millrace.execution.store.Database;
import dev.millrace.execution.store.Hedges;
import dev.millrace.execution.workers.Dispatcher;
import java.time.Clock;
import java.util.UUID;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The look for actions that seem to hang. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(HedgingProperties.class)
class HedgingConfiguration {

  @Bean
  Hedges hedges(
      Database executionDatabase,
      Clock clock,
      ExecutionProperties properties,
      SharingProperties sharing,
      HedgingProperties hedging) {
    return new Hedges(
        executionDatabase,
        clock,
        UUID::randomUUID,
        hedging.toHedging(sharing.toFairShare()),
        properties.timeoutPolicy(),
        properties.botExpiry());
  }

  @Bean
  RepeatedWork hedgingLook(Dispatcher dispatcher, Hedges hedges, HedgingProperties properties) {
    Runnable look = properties.enabled() ? () -> dispatcher.hedge(hedges) : () -> {};
    return new RepeatedWork("hedges", properties.interval(), look);
  }
}
