package dev.millrace.execution;

import dev.millrace.execution.admin.PoolGauges;
import dev.millrace.execution.store.Changes;
import dev.millrace.execution.store.Database;
import dev.millrace.execution.store.Drains;
import dev.millrace.execution.store.IdleWait;
import dev.millrace.execution.store.LiveActions;
import dev.millrace.execution.store.PoolLoads;
import dev.millrace.execution.store.Workforce;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** What operators have of the execution service: endpoints of the actuator, and gauges. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(AdministrationProperties.class)
class AdministrationConfiguration {

  /** Workers hardly ever say new things of themselves within a session. */
  private static final Duration REVIEW_INTERVAL = Duration.ofSeconds(30);

  @Bean
  Drains drains(Database executionDatabase, Clock clock) {
    return new Drains(executionDatabase, clock);
  }

  @Bean
  RepeatedWork drainExpiry(Drains drains, AdministrationProperties properties) {
    return new RepeatedWork("drains", properties.drainInterval(), drains::endExpired);
  }

  @Bean
  RepeatedWork drainReview(Drains drains) {
    return new RepeatedWork("drain-review", REVIEW_INTERVAL, drains::review);
  }

  @Bean
  Workforce workforce(Database executionDatabase, Clock clock) {
    return new Workforce(executionDatabase, clock);
  }

  @Bean
  WorkersEndpoint workersEndpoint(Workforce workforce) {
    return new WorkersEndpoint(workforce);
  }

  @Bean
  DrainsEndpoint drainsEndpoint(
      Drains drains, Workforce workforce, Changes changes, AdministrationProperties properties) {
    return new DrainsEndpoint(drains, new IdleWait(workforce, changes, properties.drainInterval()));
  }

  @Bean
  OperationsEndpoint operationsEndpoint(Database executionDatabase, Clock clock) {
    return new OperationsEndpoint(new LiveActions(executionDatabase, clock));
  }

  @Bean
  RepeatedWork poolGauges(
      Database executionDatabase,
      Clock clock,
      MeterRegistry registry,
      AdministrationProperties properties) {
    PoolLoads loads = new PoolLoads(executionDatabase, clock);
    PoolGauges gauges = new PoolGauges(registry, loads::now, properties.maxDesiredWorkers());
    return new RepeatedWork("gauges", properties.gaugeInterval(), gauges::refresh);
  }
}
