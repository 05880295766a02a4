package dev.millrace.execution.store;

import dev.millrace.database.Together;
import dev.millrace.execution.scheduling.Prospect.KnownWorker;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * The workers that are or were here, read again only when what was read last is old: every Execute
 * and every step of one who follows a queued operation wants to know.
 */
final class KnownWorkers {

  private static final int MOST_ASKERS = 10_000;

  private final Database database;
  private final Clock clock;
  private final LongSupplier nanos;
  private final long fresh;
  private final Together<Boolean, Read> reads = new Together<>(MOST_ASKERS, this::read);
  private final AtomicReference<Read> last;

  /**
   * What was read at one time.
   *
   * @param until when the first of those that are present is no longer, unless it is heard of
   */
  private record Read(List<KnownWorker> workers, Instant until, long at) {}

  /**
   * @param nanos the time for measuring how old something is
   * @param fresh for how long what was read is good enough
   */
  KnownWorkers(Database database, Clock clock, LongSupplier nanos, Duration fresh) {
    this.database = database;
    this.clock = clock;
    this.nanos = nanos;
    this.fresh = fresh.toNanos();
    last = new AtomicReference<>(nothing());
  }

  private Read nothing() {
    return new Read(List.of(), Instant.MIN, nanos.getAsLong());
  }

  /** As they were known a moment ago. */
  List<KnownWorker> recent() {
    Read kept = last.get();
    return isFresh(kept) ? kept.workers() : reads.ask(false).workers();
  }

  /** As they are, read since the call: for decisions that are final. */
  List<KnownWorker> current() {
    return reads.ask(true).workers();
  }

  /** Something is known to have changed. */
  void forget() {
    last.set(nothing());
  }

  private boolean isFresh(Read read) {
    return nanos.getAsLong() - read.at() < fresh && clock.instant().isBefore(read.until());
  }

  /** Those who asked while others were served may have what those were told. */
  private List<Read> read(List<Boolean> current) {
    Read kept = last.get();
    if (isFresh(kept) && !current.contains(true)) {
      return Collections.nCopies(current.size(), kept);
    }
    Read read = database.transaction(this::read);
    // What was forgotten meanwhile stays so: the change may be newer than what was read.
    boolean unused = last.compareAndSet(kept, read);
    return Collections.nCopies(current.size(), read);
  }

  private Read read(JdbcClient sql) {
    long begun = nanos.getAsLong();
    Instant now = clock.instant();
    List<KnownWorker> workers = new ArrayList<>();
    List<Instant> ends = new ArrayList<>();
    sql.sql(
            """
            select instance, serves_below, property_names, property_values, expires_at,
              ended_at is null and not drained as available
            from execution.sessions
            """)
        .query(row -> {
          Instant end = TaskRows.instant(row, "expires_at");
          boolean present = row.getBoolean("available") && end.isAfter(now);
          workers.add(new KnownWorker(QueueRows.offer(row), present));
          if (present) {
            ends.add(end);
          }
        });
    Instant until = ends.stream().min(Instant::compareTo).orElse(Instant.MAX);
    return new Read(List.copyOf(workers), until, begun);
  }
}
