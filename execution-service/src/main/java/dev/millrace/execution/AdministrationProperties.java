package dev.millrace.execution;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What an operator can choose about administration.
 *
 * @param gaugeInterval how often what gauges tell is looked up
 * @param maxDesiredWorkers the most workers that are ever desired of a pool
 * @param drainInterval how soon drains that are over end, and how often those who wait for workers
 *     to be idle look
 */
@ConfigurationProperties(prefix = "millrace.execution.administration")
record AdministrationProperties(
    @DefaultValue("5s") Duration gaugeInterval,
    @DefaultValue("1000") int maxDesiredWorkers,
    @DefaultValue("1s") Duration drainInterval) {

  AdministrationProperties {
    if (!gaugeInterval.isPositive() || !drainInterval.isPositive() || maxDesiredWorkers < 0) {
      throw new IllegalArgumentException(
          "gauge-interval (%s) and drain-interval (%s) must be positive, max-desired-workers (%d)"
                  .formatted(gaugeInterval, drainInterval, maxDesiredWorkers)
              + " must not be negative");
    }
  }
}
