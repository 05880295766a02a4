package dev.millrace.peer;

import dev.millrace.failure.Failure;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusException;
import java.time.Duration;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Runs calls that may be repeated without harm, again if the peer was out of reach: a bounded
 * number of times, with pauses that double and of which a random half is taken off, so that many
 * callers do not come back at the same moment. Safe for concurrent use.
 */
public final class Attempts {

  private final int limit;
  private final Duration firstPause;
  private final Sleeper sleeper;
  private final RandomGenerator random;

  /**
   * @param limit how often a call is made at most, the first time included
   * @param firstPause the longest that the pause before the second attempt can be
   * @param random needs to be safe for concurrent use
   */
  public Attempts(int limit, Duration firstPause, Sleeper sleeper, RandomGenerator random) {
    if (limit < 1) {
      throw new IllegalArgumentException("limit: at least one attempt is needed, not " + limit);
    }
    this.limit = limit;
    this.firstPause = firstPause;
    this.sleeper = sleeper;
    this.random = random;
  }

  /**
   * Four attempts within a second: enough for a connection to be made anew, or a restart next door.
   */
  public static Attempts standard() {
    return new Attempts(4, Duration.ofMillis(200), Thread::sleep, new SharedRandom());
  }

  /**
   * The answer to the call, or the failure that its last status stands for.
   *
   * @param failures what a status means for this call; {@link PeerFailures#of} for most
   */
  public <T extends @Nullable Object> T run(
      PeerCall<T> call, Function<StatusException, Failure> failures) {
    Duration pause = firstPause;
    for (int attempt = 1; ; attempt++) {
      try {
        return call.run();
      } catch (StatusException e) {
        if (attempt >= limit || !mayHelp(e.getStatus())) {
          throw failures.apply(e);
        }
        pause(pause, e);
        pause = pause.multipliedBy(2);
      } catch (InterruptedException e) {
        throw interrupted(e);
      }
    }
  }

  /** Makes a call that must not be repeated once. */
  public static <T extends @Nullable Object> T once(
      PeerCall<T> call, Function<StatusException, Failure> failures) {
    try {
      return call.run();
    } catch (StatusException e) {
      throw failures.apply(e);
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  /** A caller that has gone, or whose time is up, has no use for another attempt. */
  private static boolean mayHelp(Status status) {
    return (status.getCode() == Status.Code.UNAVAILABLE
            || status.getCode() == Status.Code.DEADLINE_EXCEEDED)
        && !Context.current().isCancelled();
  }

  private void pause(Duration longest, StatusException cause) {
    long nanos = longest.toNanos();
    try {
      sleeper.sleep(Duration.ofNanos(nanos - random.nextLong(nanos / 2 + 1)));
    } catch (InterruptedException e) {
      e.addSuppressed(cause);
      throw interrupted(e);
    }
  }

  private static Failure interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    return new Failure.Unavailable("interrupted while waiting for a peer", e);
  }
}
