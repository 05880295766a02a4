package dev.millrace.worker.lease;

import java.time.Duration;

/**
 * How a bot takes its time with the server.
 *
 * @param betweenCalls the least time from one call to the next if there is nothing new to say
 * @param patience how long a call may be held by a server that does not say when sessions expire
 * @param firstRetry how long to wait after a first failure; doubled from one to the next
 * @param lastRetry the longest wait after a failure
 * @param farewell how long the last message of all may take
 */
public record BotTiming(
    Duration betweenCalls,
    Duration patience,
    Duration firstRetry,
    Duration lastRetry,
    Duration farewell) {

  public static final BotTiming STANDARD =
      new BotTiming(
          Duration.ofMillis(250),
          Duration.ofSeconds(60),
          Duration.ofMillis(200),
          Duration.ofSeconds(20),
          Duration.ofSeconds(5));
}
