package dev.millrace.cas.collection;

import dev.millrace.cas.index.Tally;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.AtomicLong;

/** What operators can see of collection: what this replica did, and what it saw at last. */
public final class CollectionMetrics {

  private static final String PREFIX = "millrace.cas.";

  private final MeterRegistry registry;
  private final AtomicLong storedBlobs;
  private final AtomicLong storedBytes;
  private final AtomicLong shortfall;
  private final AtomicLong lastSuccess;
  private final AtomicLong orphans;

  public CollectionMetrics(MeterRegistry registry) {
    this.registry = registry;
    this.storedBlobs = gauge("stored.blobs", "blobs");
    this.storedBytes = gauge("stored.bytes", "bytes");
    this.shortfall = gauge("collection.shortfall", "bytes");
    this.lastSuccess = gauge("collection.last.success", "seconds");
    this.orphans = gauge("orphans", "objects");
  }

  private AtomicLong gauge(String name, String unit) {
    AtomicLong value = new AtomicLong();
    Gauge _ =
        Gauge.builder(PREFIX + name, value, AtomicLong::get).baseUnit(unit).register(registry);
    return value;
  }

  void ended(Round round) {
    Tally stored = Round.sum(round.stored());
    storedBlobs.set(stored.blobs());
    storedBytes.set(stored.bytes());
    shortfall.set(round.shortfalls().stream().mapToLong(Shortfall::bytes).max().orElse(0));
    lastSuccess.set(round.started().plus(round.took()).getEpochSecond());
    count("collection.condemned", Round.sum(round.condemned()));
    count("collection.deleted", Round.sum(round.deleted()));
    counter("collection.spared", "blobs").increment((double) round.spared());
  }

  void failed() {
    counter("collection.failures", "rounds").increment();
  }

  private void count(String name, Tally tally) {
    counter(name, "blobs").increment((double) tally.blobs());
    counter(name, "bytes").increment((double) tally.bytes());
  }

  void objectsDeleted(int count) {
    counter("objects.deleted", "objects").increment(count);
  }

  void orphans(int count) {
    orphans.set(count);
  }

  void scrubbed(long bytes) {
    count("scrubbed", new Tally(1, bytes));
  }

  void unverified() {
    counter("scrub.unverified", "blobs").increment();
  }

  void unknown() {
    counter("scrub.unknown", "rows").increment();
  }

  void corrupt() {
    counter("corrupt", "blobs").increment();
  }

  /** Its name ends with the unit, whatever the registry makes of units. */
  private Counter counter(String name, String unit) {
    return registry.counter(PREFIX + name + "." + unit);
  }
}
