package dev.millrace.cas.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.Blobs;
import dev.millrace.blobstore.verifying.VerifyingBlobStore;
import dev.millrace.cas.s3.FaultyNetwork.Fault;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import dev.millrace.testing.RandomBlobs;
import dev.millrace.testing.TestS3Server;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What becomes of blobs while the way to the bucket, or the bucket, does wrong. */
final class ObjectStorageFaultsTest {

  private static final InstanceName INSTANCE = new InstanceName("team");
  private static final int SIZE = 3_000_000;
  private static final ObjectStorage STORAGE = new ObjectStorage();

  private final RandomBlobs random = RandomBlobs.seeded();
  private final TestS3Server.Bucket bucket = TestS3Server.create();
  private final TransferMemory memory = new TransferMemory(8, Duration.ofSeconds(5));
  private FaultyNetwork network;
  private S3ObjectStore objects;
  private BlobStore store;

  /** Whatever can go wrong on the way; the positions are behind the head of an answer. */
  static List<Fault> faults() {
    return List.of(
        new Fault.Refuse(),
        new Fault.Stall(),
        new Fault.Answer(500, "InternalError"),
        new Fault.Answer(503, "SlowDown"),
        new Fault.Answer(403, "AccessDenied"),
        new Fault.Answer(404, "NoSuchBucket"),
        new Fault.Answer(404, "Not Found"),
        new Fault.Answer(200, "a page of some proxy"),
        new Fault.Reset(500_000),
        new Fault.Truncate(500_000));
  }

  static Stream<Fault> passingFaults() {
    return Stream.concat(
        faults().stream().filter(f -> !(f instanceof Fault.Answer a && a.status() < 500)),
        Stream.of(new Fault.Flip(500_000)));
  }

  @BeforeEach
  void connect() throws IOException {
    network = new FaultyNetwork(bucket.endpoint());
    S3Settings.Limits limits =
        new S3Settings.Limits(
            Duration.ofSeconds(1), Duration.ofSeconds(1), Duration.ofMillis(2500), 3, 8);
    objects = new S3ObjectStore(ObjectStorage.settings(bucket, network.endpoint(), limits));
    store = new VerifyingBlobStore(STORAGE.replica(objects, memory).store());
  }

  @AfterEach
  void disconnect() throws IOException {
    objects.close();
    network.close();
    assertThat(memory.free()).isEqualTo(8);
  }

  @ParameterizedTest
  @MethodSource("passingFaults")
  void aFaultThatPassesIsNotNoticedByReaders(Fault fault) {
    ByteString blob = random.next(SIZE);
    Digest digest = write(blob);
    network.apply(once(fault));
    assertThat(read(digest)).isEqualTo(blob);
  }

  @ParameterizedTest
  @MethodSource("faults")
  void aFaultThatStaysIsUnavailableAndNeverAbsence(Fault fault) {
    ByteString blob = random.next(SIZE);
    Digest digest = write(blob);
    network.apply(_ -> fault);
    assertThatThrownBy(() -> read(digest)).isInstanceOf(Failure.Unavailable.class);
    assertThat(store.findMissing(INSTANCE, Set.of(digest))).isEmpty();
    network.apply(_ -> new Fault.None());
    assertThat(read(digest)).isEqualTo(blob);
  }

  @ParameterizedTest
  @MethodSource("passingFaults")
  void aFaultThatPassesIsNotNoticedByWriters(Fault fault) {
    ByteString blob = random.next(SIZE);
    network.apply(
        once(fault instanceof Fault.Flip ? new Fault.FlipRequest(500_000) : onPut(fault)));
    Digest digest = write(blob);
    assertThat(read(digest)).isEqualTo(blob);
  }

  @ParameterizedTest
  @MethodSource("faults")
  void whatCannotBeWrittenIsUnavailableAndInvisible(Fault fault) {
    ByteString blob = random.next(SIZE);
    Digest digest = DigestFunction.SHA256.digestOf(blob.toByteArray());
    network.apply(_ -> onPut(fault));
    assertThatThrownBy(() -> write(blob)).isInstanceOf(Failure.Unavailable.class);
    assertThat(store.findMissing(INSTANCE, Set.of(digest))).containsExactly(digest);
    network.apply(_ -> new Fault.None());
    write(blob);
    assertThat(read(digest)).isEqualTo(blob);
  }

  @Test
  void damageThatStaysIsCorruptThenMissingAndCanBeWrittenAnew() throws IOException {
    ByteString blob = random.next(SIZE);
    Digest digest = write(blob);
    for (Path object : objectFiles()) {
      byte[] bytes = Files.readAllBytes(object);
      bytes[bytes.length / 2] ^= 1;
      Files.write(object, bytes);
    }
    assertIsSetAside(digest, blob);
    assertThat(objectFiles()).as("the damaged objects are kept").hasSize(4);
  }

  @Test
  void anObjectThatIsTooShortIsCorruptThenMissing() throws IOException {
    ByteString blob = random.next(SIZE);
    Digest digest = write(blob);
    for (Path object : objectFiles()) {
      Files.write(object, new byte[100]);
    }
    assertIsSetAside(digest, blob);
  }

  @Test
  void anObjectThatIsGoneIsCorruptThenMissing() throws IOException {
    ByteString blob = random.next(SIZE);
    Digest digest = write(blob);
    for (Path object : objectFiles()) {
      Files.delete(object);
    }
    assertIsSetAside(digest, blob);
  }

  private void assertIsSetAside(Digest digest, ByteString blob) {
    assertThatThrownBy(() -> read(digest)).isInstanceOf(Failure.Corrupt.class);
    assertThat(store.findMissing(INSTANCE, Set.of(digest))).containsExactly(digest);
    assertThatThrownBy(() -> read(digest)).isInstanceOf(Failure.BlobAbsent.class);
    write(blob);
    assertThat(read(digest)).isEqualTo(blob);
  }

  @Test
  void aBucketThatIsGoneSaysNothingOfItsBlobs() throws IOException {
    ByteString blob = random.next(SIZE);
    Digest digest = write(blob);
    Path elsewhere = bucket.directory().resolveSibling(bucket.name() + "-away");
    Files.move(bucket.directory(), elsewhere);
    assertThatThrownBy(() -> read(digest)).isInstanceOf(Failure.Unavailable.class);
    assertThat(store.findMissing(INSTANCE, Set.of(digest))).isEmpty();
    Files.move(elsewhere, bucket.directory());
    assertThat(read(digest)).isEqualTo(blob);
  }

  @Test
  void findMissingNeverAsksTheBucket() {
    Digest large = write(random.next(SIZE));
    Digest small = write(random.next(100));
    Digest absent = DigestFunction.SHA256.digestOf(new byte[] {1});
    network.requests().clear();
    assertThat(store.findMissing(INSTANCE, Set.of(large, small, absent))).containsExactly(absent);
    assertThat(network.requests()).isEmpty();
  }

  private Digest write(ByteString blob) {
    return Blobs.write(store, INSTANCE, DigestFunction.SHA256, blob);
  }

  private ByteString read(Digest digest) {
    return Blobs.read(store, INSTANCE, digest, SIZE);
  }

  /** Answers to puts are short: what happens far into an answer happens at its beginning. */
  private static Fault onPut(Fault fault) {
    return switch (fault) {
      case Fault.Reset _ -> new Fault.Reset(10);
      case Fault.Truncate _ -> new Fault.Truncate(10);
      default -> fault;
    };
  }

  private static Function<String, Fault> once(Fault fault) {
    AtomicInteger requests = new AtomicInteger();
    return _ -> requests.getAndIncrement() == 0 ? fault : new Fault.None();
  }

  private List<Path> objectFiles() throws IOException {
    try (Stream<Path> files = Files.walk(bucket.directory())) {
      return files.filter(Files::isRegularFile).toList();
    }
  }
}
