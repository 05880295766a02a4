package dev.millrace.cas.cache;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.millrace.blobstore.BlobReader;
import dev.millrace.cas.disk.DiskBlobStore;
import dev.millrace.cas.disk.DiskProperties;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Readers, batches, jumps, early ends, failing sources, dropped blobs and dropped copies, all at
 * once: no wrong byte, no failure but those that the delegate had, and nothing left behind.
 */
final class CachingBlobStoreConcurrencyTest {

  private static final InstanceName TEAM = new InstanceName("team");
  private static final int BLOBS = 12;
  private static final int THREADS = 12;
  private static final int STEPS = 150;

  private final long seed = System.nanoTime();
  private final WatchedBlobStore delegate = new WatchedBlobStore();
  private final Map<Digest, ByteString> blobs = new LinkedHashMap<>();
  private final AtomicInteger reads = new AtomicInteger();
  private final AtomicInteger failures = new AtomicInteger();

  @TempDir Path directory;

  @Test
  @Timeout(60)
  void whateverReadersDoTheyGetTheRightBytes() throws Exception {
    System.out.println("CachingBlobStoreConcurrencyTest seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < BLOBS; i++) {
      byte[] bytes = new byte[random.nextInt(1, 700_000)];
      random.nextBytes(bytes);
      blobs.put(DigestFunction.SHA256.digestOf(bytes), ByteString.copyFrom(bytes));
    }
    delegate.writeAll(TEAM, blobs);
    AtomicInteger calls = new AtomicInteger();
    delegate.beforeRead =
        (reader, position) -> {
          if (calls.incrementAndGet() % 23 == 0) {
            throw new Failure.Unavailable("the test says so", null);
          }
          Thread.yield();
        };
    DiskProperties tiny =
        DiskProperties.of(directory, 4 << 20)
            .withBlockBytes(256 << 10)
            .withIndexEntries(64)
            .withSynchronous(false);
    try (DiskBlobStore disk = DiskBlobStore.open(tiny)) {
      CachingBlobStore store =
          new CachingBlobStore(delegate, disk, new CacheLimits(5000, 600_000, 128 << 10));
      try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
        List<Future<?>> ends = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
          SplittableRandom own = random.split();
          ends.add(threads.submit(() -> act(store, disk, own)));
        }
        for (Future<?> end : ends) {
          end.get();
        }
      }
      assertThat(store.fetching()).isZero();
    }
    assertThat(delegate.openNow).hasValue(0);
    assertThat(reads.get()).isGreaterThan(THREADS * STEPS / 2);
    assertThat(failures.get()).isLessThanOrEqualTo(calls.get() / 23 * THREADS);
  }

  private void act(CachingBlobStore store, DiskBlobStore disk, SplittableRandom random) {
    List<Digest> names = List.copyOf(blobs.keySet());
    for (int step = 0; step < STEPS; step++) {
      Digest digest = names.get(random.nextInt(BLOBS));
      try {
        switch (random.nextInt(10)) {
          case 0, 1 -> batch(store, names, random);
          case 2 -> disk.drop(TEAM, Chunks.stored(digest));
          case 3 -> {
            delegate.memory.drop(TEAM, digest);
            delegate.memory.writeAll(TEAM, Map.of(digest, blob(digest)));
          }
          default -> stream(store, digest, random);
        }
      } catch (Failure.Unavailable fromDelegate) {
        failures.incrementAndGet();
      } catch (Failure.BlobAbsent droppedForAMoment) {
        reads.incrementAndGet();
      }
    }
  }

  private ByteString blob(Digest digest) {
    return java.util.Objects.requireNonNull(blobs.get(digest));
  }

  private void batch(CachingBlobStore store, List<Digest> names, SplittableRandom random) {
    Set<Digest> asked = new LinkedHashSet<>();
    for (int i = random.nextInt(1, 5); i > 0; i--) {
      asked.add(names.get(random.nextInt(BLOBS)));
    }
    store
        .readAll(TEAM, asked)
        .forEach((name, content) -> {
          assertThat(content.equals(blob(name))).as("seed %d", seed).isTrue();
          reads.incrementAndGet();
        });
  }

  private void stream(CachingBlobStore store, Digest digest, SplittableRandom random) {
    ByteString blob = blob(digest);
    try (BlobReader reader = store.open(TEAM, digest)) {
      int position = 0;
      int piece = random.nextInt(1, 200_000);
      while (position < blob.size()) {
        ByteBuffer target = ByteBuffer.allocate(piece);
        int length = reader.read(position, target);
        assertThat(length).isEqualTo(Math.min(piece, blob.size() - position));
        assertThat(
                ByteString.copyFrom(target.flip())
                    .equals(blob.substring(position, position + length)))
            .as("seed %d", seed)
            .isTrue();
        position += length;
        reads.incrementAndGet();
        switch (random.nextInt(20)) {
          case 0 -> position = random.nextInt(blob.size());
          case 1 -> {
            return;
          }
          default -> {}
        }
      }
    }
  }
}
