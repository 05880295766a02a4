package dev.millrace.cas.collection;

import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Rounds of collection as this replica runs them: logged, counted, and the last one remembered. */
public final class Rounds {

  private static final Logger LOG = LoggerFactory.getLogger(Rounds.class);

  private final Collector collector;
  private final CollectionMetrics metrics;
  private final Clock clock;
  private volatile Optional<Round> last = Optional.empty();

  public Rounds(Collector collector, CollectionMetrics metrics, Clock clock) {
    this.collector = collector;
    this.metrics = metrics;
    this.clock = clock;
  }

  /** The last one that this replica ran, or rehearsed. */
  public Optional<Round> last() {
    return last;
  }

  /** Runs a round unless one is running or has ended within the interval, on any replica. */
  public Optional<Round> runIfDue(Duration interval) {
    return ended(() -> collector.collectUnlessSince(clock.instant().minus(interval)));
  }

  /** Runs a round now, unless one is running. */
  public Optional<Round> run() {
    return ended(collector::collect);
  }

  /** Finds out what a round would do. */
  public Optional<Round> rehearse() {
    return ended(collector::rehearse);
  }

  private Optional<Round> ended(Supplier<Optional<Round>> work) {
    Optional<Round> round;
    try {
      round = work.get();
    } catch (RuntimeException e) {
      metrics.failed();
      throw e;
    }
    round.ifPresent(ended -> {
      last = round;
      log(ended);
      if (!ended.rehearsed()) {
        metrics.ended(ended);
      }
    });
    return round;
  }

  private static void log(Round round) {
    LOG.info(
        "{} in {} ms: {} stored, {} {}, {} deleted, {} blobs spared",
        round.rehearsed() ? "Collection rehearsed" : "Collection",
        round.took().toMillis(),
        Round.sum(round.stored()),
        Round.sum(round.condemned()),
        round.rehearsed() ? "would be condemned" : "condemned",
        Round.sum(round.deleted()),
        round.spared());
    if (round.rehearsed()) {
      round
          .condemned()
          .forEach((instance, tally) -> LOG.info("Of instance '{}' would go {}", instance, tally));
    }
    for (Shortfall shortfall : round.shortfalls()) {
      LOG.warn(
          "The limit of {} is missed by {} bytes: all of it was used within the retention time",
          shortfall.limit().scope(),
          shortfall.bytes());
    }
  }
}
