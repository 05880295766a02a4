package dev.millrace.cas.collection;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.millrace.cas.collection.Limit.Scope;
import dev.millrace.cas.index.Body;
import dev.millrace.digest.Digest;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * What a client was told to be there is there for the retention time, however two replicas'
 * collectors, deleters and calls are interleaved, and wherever a collector is cut off.
 */
final class RetentionPromiseTest {

  private static final List<InstanceName> INSTANCES =
      List.of(new InstanceName("team"), new InstanceName("team/project"));
  private static final int PIECE = 60;
  private static final int BATCH = 3;

  private final long seed = Long.getLong("seed", System.nanoTime());
  private final Random random = new Random(seed);
  private final Stock stock = new Stock();
  private final List<Stock.Replica> replicas = List.of(stock.replica(), stock.replica());
  private final List<ByteString> contents = contents();
  private final Map<Blob, Instant> promises = new HashMap<>();
  private final List<Upload> uploads = new ArrayList<>();
  private final Map<String, Integer> seen = new HashMap<>();

  private record Blob(InstanceName instance, Digest digest) {}

  private record Upload(InstanceName instance, ByteString content, Body.Pieces pieces) {}

  /** What a process that is killed looks like to its own code. */
  private static final class Killed extends RuntimeException {}

  RetentionPromiseTest() {
    System.out.println("RetentionPromiseTest seed " + seed);
  }

  private List<ByteString> contents() {
    List<ByteString> contents = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      byte[] bytes = new byte[random.nextInt(20, 200)];
      random.nextBytes(bytes);
      contents.add(ByteString.copyFrom(bytes));
    }
    return contents;
  }

  @AfterEach
  void close() {
    stock.close();
  }

  @Test
  void whatWasReportedPresentStaysReadableAtEveryInterleaving() {
    for (int step = 0; step < 1000; step++) {
      try {
        if (random.nextInt(4) == 0) {
          collect();
        } else {
          use();
        }
        promisesAreKept();
      } catch (Failure.Unavailable e) {
        count("refused");
      }
    }
    System.out.println(seen);
    assertThat(seen)
        .containsKeys(
            "condemned",
            "deleted",
            "spared",
            "killed",
            "present",
            "missing",
            "read",
            "objects",
            "finished");
    assertThat(stock.leaked()).isEmpty();
    assertThat(stock.count("cas.bodies")).isEqualTo(stock.count("cas.blobs"));
  }

  /** A round in between whose statements other things happen. */
  private void collect() {
    Pace pace =
        () -> {
          while (random.nextInt(3) == 0) {
            use();
            promisesAreKept();
          }
          if (random.nextInt(25) == 0) {
            throw new Killed();
          }
        };
    long high = random.nextInt(4000);
    Limit everything = new Limit(new Scope.Everything(), high, high / 2);
    Limit project = new Limit(new Scope.Tree(INSTANCES.getLast()), 1000, 500);
    try {
      replica()
          .collector(pace, BATCH, project, everything)
          .collect()
          .ifPresent(round -> {
            count("condemned", Round.sum(round.condemned()).blobs());
            count("deleted", Round.sum(round.deleted()).blobs());
            count("spared", round.spared());
          });
    } catch (Killed e) {
      count("killed");
    }
  }

  private void use() {
    InstanceName instance = INSTANCES.get(random.nextInt(2));
    ByteString content = contents.get(random.nextInt(contents.size()));
    Stock.Replica replica = replica();
    switch (random.nextInt(8)) {
      case 0, 1 -> ask(replica, instance);
      case 2 -> {
        replica.write(instance, content, PIECE);
        promise(instance, Stock.digest(content));
      }
      case 3 -> read(replica, instance, content);
      case 4 -> stock.clock.advance(someTime());
      case 5 -> count("objects", replica.deleteDueObjects());
      case 6 -> uploads.add(new Upload(instance, content, replica.upload(content, PIECE)));
      case 7 -> finishUpload(replica);
      default -> throw new AssertionError();
    }
  }

  /** Often one just below what something depends on. */
  private Duration someTime() {
    return switch (random.nextInt(5)) {
      case 0 -> Stock.RETENTION.precision().minusMinutes(random.nextInt(1, 9));
      case 1 -> Stock.RETENTION.promised().minusMinutes(random.nextInt(1, 9));
      case 2 -> Stock.CONDEMNED_FOR;
      default -> Duration.ofMinutes(random.nextInt(100));
    };
  }

  private void ask(Stock.Replica replica, InstanceName instance) {
    Set<Digest> asked = new HashSet<>();
    for (int i = random.nextInt(1, 6); i > 0; i--) {
      asked.add(Stock.digest(contents.get(random.nextInt(contents.size()))));
    }
    Set<Digest> missing = replica.index.findMissing(instance, asked);
    count("missing", missing.size());
    asked.removeAll(missing);
    count("present", asked.size());
    asked.forEach(digest -> promise(instance, digest));
  }

  private void read(Stock.Replica replica, InstanceName instance, ByteString content) {
    Digest digest = Stock.digest(content);
    replica
        .index
        .find(instance, Set.of(digest))
        .forEach((_, body) -> {
          assertThat(stock.isReadable(instance, digest)).isTrue();
          promise(instance, digest);
          count("read");
        });
  }

  private void finishUpload(Stock.Replica replica) {
    if (!uploads.isEmpty()) {
      Upload upload = uploads.remove(random.nextInt(uploads.size()));
      Digest digest = Stock.digest(upload.content());
      replica.index.add(upload.instance(), digest, upload.pieces());
      promise(upload.instance(), digest);
      count("finished");
    }
  }

  private Stock.Replica replica() {
    return replicas.get(random.nextInt(2));
  }

  private void promise(InstanceName instance, Digest digest) {
    promises.put(
        new Blob(instance, digest), stock.clock.instant().plus(Stock.RETENTION.promised()));
  }

  private void promisesAreKept() {
    Set<Blob> condemned = new HashSet<>();
    Set<Blob> readable = readable(condemned);
    promises.values().removeIf(until -> until.isBefore(stock.clock.instant()));
    Set<Blob> lost = new HashSet<>(promises.keySet());
    lost.removeAll(readable);
    assertThat(lost).as("promised, and not readable, seed %d", seed).isEmpty();
    condemned.retainAll(promises.keySet());
    assertThat(condemned).as("promised, and condemned, seed %d", seed).isEmpty();
  }

  private Set<Blob> readable(Set<Blob> condemned) {
    Set<Blob> readable = new HashSet<>();
    stock
        .sql
        .sql(
            """
            select i.name, b.condemned_at, c.content, c.pieces from cas.blobs b
            join cas.bodies c using (key) join cas.instances i on i.id = b.instance
            """)
        .query(row -> {
          ByteString content = ByteString.EMPTY;
          if (row.getBytes("content") != null) {
            content = ByteString.copyFrom(row.getBytes("content"));
          } else {
            for (UUID object : (UUID[]) row.getArray("pieces").getArray()) {
              content = content.concat(stock.objects.getOrDefault(object, ByteString.EMPTY));
            }
          }
          Blob blob = new Blob(new InstanceName(row.getString("name")), Stock.digest(content));
          readable.add(blob);
          if (row.getTimestamp("condemned_at") != null) {
            condemned.add(blob);
          }
        });
    return readable;
  }

  private void count(String what) {
    count(what, 1);
  }

  private void count(String what, long times) {
    if (times > 0) {
      seen.merge(what, (int) times, Integer::sum);
    }
  }

  @Test
  void aCollectorThatIsKilledAnywhereLosesNothingAndLeavesNothingBehind() {
    int pauses = 0;
    do {
      pauses++;
      fill();
      AtomicInteger left = new AtomicInteger(pauses);
      Pace untilKilled =
          () -> {
            if (left.decrementAndGet() == 0) {
              throw new Killed();
            }
          };
      try {
        condemnAndDelete(replicas.getFirst(), untilKilled);
        count("ended");
      } catch (Killed e) {
        count("killed");
      }
      promisesAreKept();
      assertThat(stock.leaked()).isEmpty();
      assertThat(stock.count("cas.bodies")).isEqualTo(stock.count("cas.blobs"));
      condemnAndDelete(replicas.getLast(), Pace.UNTIL_INTERRUPTED);
      assertThat(stock.count("cas.blobs")).isEqualTo(1);
      promisesAreKept();
    } while (!seen.containsKey("ended"));
    assertThat(seen.get("killed")).isGreaterThan(8);
    stock.clock.advance(Stock.OBJECTS_LIVE_ON);
    replicas.getFirst().deleteDueObjects();
    assertThat(stock.count("cas.deletions")).isZero();
    promisesAreKept();
  }

  private void fill() {
    Stock.Replica replica = replicas.getFirst();
    InstanceName instance = INSTANCES.getFirst();
    for (ByteString content : contents.subList(0, 12)) {
      replica.write(instance, content, PIECE);
    }
    stock.clock.advance(Duration.ofDays(1));
    Digest used = Stock.digest(contents.getFirst());
    replica.index.findMissing(instance, Set.of(used));
    promise(instance, used);
  }

  private void condemnAndDelete(Stock.Replica replica, Pace pace) {
    Limit nothing = new Limit(new Scope.Everything(), 0, 0);
    var unused = replica.collector(pace, BATCH, nothing).collect();
    stock.clock.advance(Stock.CONDEMNED_FOR);
    unused = replica.collector(pace, BATCH, nothing).collect();
  }

  @Test
  void usesAtTheSameTimeAsCollectionAreKeptTo() throws Exception {
    List<Callable<Integer>> calls = new ArrayList<>();
    AtomicInteger running = new AtomicInteger(4);
    for (int i = 0; i < 4; i++) {
      Stock.Replica replica = replicas.get(i % 2);
      Random own = new Random(seed + i);
      calls.add(() -> {
        try {
          return useAtTheSameTime(replica, own);
        } finally {
          running.decrementAndGet();
        }
      });
    }
    for (Stock.Replica replica : replicas) {
      calls.add(() -> {
        int deleted = 0;
        while (running.get() > 0) {
          Collector collector =
              replica.collector(Pace.UNTIL_INTERRUPTED, 5, new Limit(new Scope.Everything(), 0, 0));
          deleted +=
              collector.collect().map(round -> (int) Round.sum(round.deleted()).blobs()).orElse(0);
          stock.clock.advance(Duration.ofMinutes(45));
          replica.deleteDueObjects();
        }
        return deleted;
      });
    }
    int[] results = new int[calls.size()];
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Integer>> futures = threads.invokeAll(calls);
      for (int i = 0; i < results.length; i++) {
        results[i] = futures.get(i).get();
      }
    }
    System.out.println("promises looked at, then blobs deleted: " + Arrays.toString(results));
    assertThat(results[4] + results[5]).isPositive();
    // Not so of objects: one that is written a day after it was announced is nobody's, and days are
    // short here.
    assertThat(stock.count("cas.bodies")).isEqualTo(stock.count("cas.blobs"));
  }

  private int useAtTheSameTime(Stock.Replica replica, Random own) {
    Map<Blob, Instant> told = new LinkedHashMap<>();
    int lookedAt = 0;
    for (int i = 0; i < 60; i++) {
      InstanceName instance = INSTANCES.get(own.nextInt(2));
      Instant before = stock.clock.instant();
      Set<Digest> present = new HashSet<>();
      if (own.nextInt(3) == 0) {
        try {
          present.add(replica.write(instance, contents.get(own.nextInt(contents.size())), PIECE));
        } catch (Failure.Unavailable e) {
          // More than a day may have passed between the first object and the blob: nothing was
          // said.
        }
      } else {
        for (int n = 0; n < 5; n++) {
          present.add(Stock.digest(contents.get(own.nextInt(contents.size()))));
        }
        present.removeAll(replica.index.findMissing(instance, Set.copyOf(present)));
      }
      for (Digest digest : present) {
        told.put(new Blob(instance, digest), before.plus(Stock.RETENTION.promised()));
      }
      List<Map.Entry<Blob, Instant>> some = new ArrayList<>(told.entrySet());
      Collections.shuffle(some, own);
      for (Map.Entry<Blob, Instant> promise : some.subList(0, Math.min(5, some.size()))) {
        Blob blob = promise.getKey();
        boolean readable = stock.isReadable(blob.instance(), blob.digest());
        if (stock.clock.instant().isBefore(promise.getValue())) {
          lookedAt++;
          assertThat(readable).as("%s, seed %d", blob, seed).isTrue();
        }
      }
      told.values().removeIf(until -> until.isBefore(stock.clock.instant()));
    }
    return lookedAt;
  }
}
