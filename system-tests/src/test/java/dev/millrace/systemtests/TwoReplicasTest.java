package dev.millrace.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Two blob services, each a process of its own, on one PostgreSQL and one S3 bucket. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class TwoReplicasTest {

  private static final Pattern STARTED = Pattern.compile("Started \\w+Application in");
  private static final int LARGE = 20 * 1024 * 1024;

  private final SplittableRandom random = seeded();
  private final SharedStorage storage = SharedStorage.create();
  private ServiceProcess first;
  private ServiceProcess second;
  private CrashClient here;
  private CrashClient there;

  private static SplittableRandom seeded() {
    long seed = System.nanoTime();
    System.out.println("TwoReplicasTest seed " + seed);
    return new SplittableRandom(seed);
  }

  @BeforeAll
  void start(@TempDir Path directory) {
    int firstPort = Repository.freePort();
    first = replica(firstPort, directory.resolve("first"));
    here = new CrashClient(firstPort);
    int secondPort = Repository.freePort();
    second = replica(secondPort, directory.resolve("second"));
    there = new CrashClient(secondPort);
  }

  private ServiceProcess replica(int port, Path cache) {
    List<String> arguments = new ArrayList<>(storage.arguments(cache));
    arguments.add("--spring.grpc.server.port=" + port);
    return ServiceProcess.start("cas-service", STARTED, arguments);
  }

  @AfterAll
  void stop() {
    try (ServiceProcess one = first;
        ServiceProcess other = second) {
      here.close();
      there.close();
    }
  }

  @Test
  void anUploadBegunOnOneIsFinishedOnTheOtherAndReadOnBoth() {
    for (CrashClient[] way : new CrashClient[][] {{here, there}, {there, here}}) {
      SeededBlob blob = blob(LARGE);
      String upload = "uploads/" + UUID.randomUUID() + "/blobs/" + blob.digest();
      long stop = random.nextInt(1, LARGE);
      assertThat(way[0].write(upload, blob, 0, stop, 500_000)).isEqualTo(stop);
      assertThat(way[1].committed(upload)).hasValue(stop);
      assertThat(way[1].write(upload, blob, stop, LARGE, 500_000)).isEqualTo(LARGE);
      assertThat(way[0].committed(upload)).hasValue((long) LARGE);
      assertThat(way[0].read(blob)).hasValue(blob.content());
      assertThat(way[1].read(blob)).hasValue(blob.content());
    }
  }

  @Test
  void anUploadPassesBackAndForth() {
    SeededBlob blob = blob(LARGE);
    String upload = "uploads/" + UUID.randomUUID() + "/blobs/" + blob.digest();
    long position = 0;
    for (int turn = 0; position < LARGE; turn++) {
      CrashClient replica = turn % 2 == 0 ? here : there;
      assertThat(replica.committed(upload).orElse(0L)).isEqualTo(position);
      long end = Math.min(LARGE, position + random.nextInt(1, LARGE / 4));
      assertThat(replica.write(upload, blob, position, end, 1_000_000)).isEqualTo(end);
      position = end;
    }
    assertThat(here.read(blob)).hasValue(blob.content());
    assertThat(there.read(blob)).hasValue(blob.content());
  }

  @Test
  void whatOneTakesTheOtherHas() {
    List<SeededBlob> blobs = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      blobs.add(blob(random.nextInt(1, 30_000)));
    }
    List<SeededBlob> absent = List.of(blob(5), blob(50_000));
    assertThat(here.update(blobs.subList(0, 50))).hasSize(50);
    assertThat(there.update(blobs.subList(50, 100))).hasSize(50);
    List<SeededBlob> asked = new ArrayList<>(blobs);
    asked.addAll(absent);
    assertThat(here.present(asked)).isEqualTo(new HashSet<>(blobs));
    assertThat(there.present(asked)).isEqualTo(new HashSet<>(blobs));
    for (SeededBlob blob : blobs) {
      assertThat(here.read(blob)).hasValue(blob.content());
      assertThat(there.read(blob)).hasValue(blob.content());
    }
  }

  @Test
  void theSameBlobSentToBothAtOnceIsThereOnce() throws Exception {
    SeededBlob blob = blob(LARGE);
    List<Future<Long>> writes = new ArrayList<>();
    try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      for (CrashClient replica : List.of(here, there, here, there)) {
        String upload = "uploads/" + UUID.randomUUID() + "/blobs/" + blob.digest();
        writes.add(callers.submit(() -> replica.write(upload, blob, 0, LARGE, 1_000_000)));
      }
      for (Future<Long> write : writes) {
        assertThat(write.get()).isEqualTo(LARGE);
      }
    }
    assertThat(here.present(List.of(blob))).isEqualTo(Set.of(blob));
    assertThat(there.read(blob).map(ByteString::size)).hasValue(LARGE);
    assertThat(here.read(blob)).hasValue(blob.content());
  }

  private SeededBlob blob(int size) {
    return SeededBlob.of(random.nextLong(), size);
  }
}
