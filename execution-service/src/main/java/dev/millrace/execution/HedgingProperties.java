package dev.millrace.execution;

import dev.millrace.execution.scheduling.FairShare;
import dev.millrace.execution.scheduling.HedgePolicy;
import dev.millrace.execution.scheduling.Hedging;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * When an action that several wait for is given to a second worker, as it seems to hang.
 *
 * @param enabled whether it ever is
 * @param times how many times as long as its like it runs before that
 * @param atLeast how long it runs in any case
 * @param interval how often to look
 */
@ConfigurationProperties(prefix = "millrace.execution.hedging")
record HedgingProperties(
    @DefaultValue("true") boolean enabled,
    @DefaultValue("3") double times,
    @DefaultValue("1m") Duration atLeast,
    @DefaultValue("5s") Duration interval) {

  HedgingProperties {
    if (!interval.isPositive()) {
      throw new IllegalArgumentException("interval: must be positive, is " + interval);
    }
  }

  Hedging toHedging(FairShare shares) {
    return new Hedging(new HedgePolicy(times, atLeast), shares);
  }
}
