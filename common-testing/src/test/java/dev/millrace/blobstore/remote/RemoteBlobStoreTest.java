package dev.millrace.blobstore.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import build.bazel.remote.execution.v2.BatchReadBlobsRequest;
import build.bazel.remote.execution.v2.BatchUpdateBlobsRequest;
import build.bazel.remote.execution.v2.FindMissingBlobsRequest;
import com.google.bytestream.ReadRequest;
import com.google.bytestream.WriteRequest;
import com.google.protobuf.ByteString;
import com.google.rpc.Code;
import dev.millrace.blobstore.BlobReader;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.BlobWriter;
import dev.millrace.blobstore.Blobs;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import dev.millrace.peer.Attempts;
import dev.millrace.testing.BlobStoreContract;
import dev.millrace.testing.RandomBlobs;
import io.grpc.Status;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class RemoteBlobStoreTest extends BlobStoreContract {

  private static final InstanceName INSTANCE = new InstanceName("team");

  private final ScriptedCas cas = new ScriptedCas();
  private final List<Duration> pauses = Collections.synchronizedList(new ArrayList<>());
  private final RandomBlobs random = RandomBlobs.seeded();
  private final BlobStore store = storeWith(Duration.ofSeconds(30));

  private BlobStore storeWith(Duration patience) {
    Attempts attempts =
        new Attempts(3, Duration.ofMillis(100), pauses::add, new SplittableRandom(1));
    return new RemoteBlobStore(new Peer(cas.channel, attempts, UUID::randomUUID, patience));
  }

  @Override
  protected BlobStore store() {
    return store;
  }

  @AfterEach
  void closeTheServer() {
    cas.close();
  }

  @Test
  void aReadThatBreaksOffGoesOnWhereItWas() {
    ByteString blob = random.next(300_000);
    Digest digest = Blobs.write(cas.blobs, INSTANCE, DigestFunction.SHA256, blob);
    cas.breakReadsAfter.set(2);
    assertThat(Blobs.read(store, INSTANCE, digest, 300_000)).isEqualTo(blob);
    assertThat(cas.requests(ReadRequest.class))
        .extracting(ReadRequest::getReadOffset)
        .containsExactly(0L, 131_072L, 262_144L);
    assertThat(pauses).isNotEmpty();
  }

  @Test
  void aBlobThatThePeerDisownsAtItsEndIsNotReturned() {
    ByteString blob = random.next(100_000);
    Digest digest = Blobs.write(cas.blobs, INSTANCE, DigestFunction.SHA256, blob);
    cas.lastWord = Status.DATA_LOSS;
    assertThatThrownBy(() -> Blobs.read(store, INSTANCE, digest, 100_000))
        .isInstanceOf(Failure.Corrupt.class);
  }

  @Test
  void aReadIsNotAheadOfItsReaderByMoreThanAFewMessages() {
    Digest digest =
        Blobs.write(cas.blobs, INSTANCE, DigestFunction.SHA256, random.next(20_000_000));
    try (BlobReader reader = store.open(INSTANCE, digest)) {
      assertThat(reader.read(0, ByteBuffer.allocate(1000))).isEqualTo(1000);
      assertThat(cas.messagesRead.get()).isLessThan(10);
    }
  }

  @Test
  void aShortJumpForwardReadsOnAndALongOneReopens() {
    ByteString blob = random.next(5_000_000);
    Digest digest = Blobs.write(cas.blobs, INSTANCE, DigestFunction.SHA256, blob);
    try (BlobReader reader = store.open(INSTANCE, digest)) {
      for (int position : new int[] {0, 200_000, 4_000_000, 10}) {
        ByteBuffer target = ByteBuffer.allocate(100);
        assertThat(reader.read(position, target)).isEqualTo(100);
        assertThat(ByteString.copyFrom(target.flip()))
            .isEqualTo(blob.substring(position, position + 100));
      }
    }
    assertThat(cas.requests(ReadRequest.class))
        .extracting(ReadRequest::getReadOffset)
        .containsExactly(0L, 4_000_000L, 10L);
  }

  @Test
  void aWriteIsDoneWhenThePeerSaysEarlyThatItHasTheBlob() {
    ByteString blob = random.next(20_000_000);
    cas.answersWritesAtOnce = true;
    Blobs.write(store, INSTANCE, digest(blob), blob);
    assertThat(cas.requests(WriteRequest.class).size()).isLessThan(20);
  }

  @Test
  void aBlobOfOneMessageIsWrittenAgainWhenThePeerWasOutOfReach() {
    ByteString blob = random.next(1000);
    cas.refusals.addAll(List.of(Status.UNAVAILABLE, Status.UNAVAILABLE));
    Blobs.write(store, INSTANCE, digest(blob), blob);
    assertThat(cas.blobs.findMissing(INSTANCE, Set.of(digest(blob)))).isEmpty();
    assertThat(pauses).hasSize(2);
  }

  @Test
  void aStreamedWriteThatBreaksOffIsUnavailableAndNotRepeated() {
    ByteString blob = random.next(2_000_000);
    cas.refusals.add(Status.UNAVAILABLE);
    assertThatThrownBy(() -> Blobs.write(store, INSTANCE, digest(blob), blob))
        .isInstanceOf(Failure.Unavailable.class);
    assertThat(pauses).isEmpty();
  }

  @Test
  void callsGiveUpAfterTheirAttemptsWithGrowingPauses() {
    cas.refusals.addAll(Collections.nCopies(3, Status.UNAVAILABLE));
    assertThatThrownBy(() -> store.findMissing(INSTANCE, Set.of(digest(random.next(9)))))
        .isInstanceOf(Failure.Unavailable.class);
    assertThat(cas.requests).hasSize(3);
    assertThat(pauses.get(0)).isBetween(Duration.ofMillis(50), Duration.ofMillis(100));
    assertThat(pauses.get(1)).isBetween(Duration.ofMillis(100), Duration.ofMillis(200));
  }

  @Test
  void whatARepetitionCannotHelpIsNotRepeated() {
    cas.refusals.add(Status.RESOURCE_EXHAUSTED.withDescription("full"));
    assertThatThrownBy(() -> store.findMissing(INSTANCE, Set.of(digest(random.next(9)))))
        .isInstanceOf(Failure.Exhausted.class)
        .hasMessageContaining("full");
    assertThat(cas.requests).hasSize(1);
  }

  @Test
  void aPeerThatFailsIsNeverAnAbsence() {
    Digest digest = digest(random.next(9));
    for (Status status :
        List.of(Status.INTERNAL, Status.UNKNOWN, Status.PERMISSION_DENIED, Status.DATA_LOSS)) {
      cas.refusals.add(status);
      assertThatThrownBy(() -> store.open(INSTANCE, digest))
          .isInstanceOf(Failure.class)
          .isNotInstanceOf(Failure.BlobAbsent.class);
      cas.refusals.add(status);
      assertThatThrownBy(() -> store.readAll(INSTANCE, Set.of(digest))).isInstanceOf(Failure.class);
    }
  }

  @Test
  void findMissingIsCutIntoCallsByDigestFunctionAndCount() {
    Set<Digest> digests = new LinkedHashSet<>();
    for (int i = 0; i < RemoteBlobStore.FIND_MISSING_DIGESTS + 5; i++) {
      digests.add(numbered(DigestFunction.SHA512, i));
    }
    digests.add(numbered(DigestFunction.BLAKE3, 1));
    assertThat(store.findMissing(INSTANCE, digests)).isEqualTo(digests);
    assertThat(cas.requests(FindMissingBlobsRequest.class))
        .extracting(FindMissingBlobsRequest::getBlobDigestsCount)
        .containsExactly(RemoteBlobStore.FIND_MISSING_DIGESTS, 5, 1);
  }

  @Test
  void batchesArePackedBelowTheLimitAndLargeBlobsAreStreamed() {
    Map<Digest, ByteString> blobs = new LinkedHashMap<>();
    for (int size : new int[] {2_000_000, 1_000_000, 1_100_000, 5_000_000, 7}) {
      ByteString blob = random.next(size);
      blobs.put(digest(blob), blob);
    }
    assertThat(store.writeAll(INSTANCE, blobs)).isEmpty();
    assertThat(store.readAll(INSTANCE, blobs.keySet())).isEqualTo(blobs);
    assertThat(cas.requests(BatchUpdateBlobsRequest.class))
        .extracting(BatchUpdateBlobsRequest::getRequestsCount)
        .containsExactly(2, 2);
    assertThat(cas.requests(BatchReadBlobsRequest.class))
        .extracting(BatchReadBlobsRequest::getDigestsCount)
        .containsExactly(2, 2);
    assertThat(cas.requests(ReadRequest.class)).hasSize(1);
  }

  @Test
  void anItemOfABatchThatIsRefusedIsReportedForItself() {
    ByteString blob = random.next(10);
    cas.itemCode = Code.RESOURCE_EXHAUSTED;
    assertThat(store.writeAll(INSTANCE, Map.of(digest(blob), blob)).get(digest(blob)))
        .isInstanceOf(Failure.Exhausted.class);
    assertThatThrownBy(() -> store.readAll(INSTANCE, Set.of(digest(blob))))
        .isInstanceOf(Failure.Exhausted.class);
  }

  @Test
  void aBatchThatFailsAsAWholeFailsForEachOfItsBlobs() {
    ByteString first = random.next(10);
    ByteString second = random.next(11);
    cas.refusals.addAll(Collections.nCopies(3, Status.UNAVAILABLE));
    Map<Digest, Failure> failures =
        store.writeAll(INSTANCE, Map.of(digest(first), first, digest(second), second));
    assertThat(failures).containsOnlyKeys(digest(first), digest(second));
    assertThat(failures.values()).allMatch(f -> f instanceof Failure.Unavailable);
  }

  @Test
  void aPeerThatDoesNotAnswerIsUnavailable() {
    ByteString blob = random.next(2_000_000);
    cas.silent = true;
    BlobStore impatient = storeWith(Duration.ofMillis(20));
    assertThatThrownBy(() -> impatient.open(INSTANCE, digest(blob)))
        .isInstanceOf(Failure.Unavailable.class);
    assertThatThrownBy(() -> impatient.findMissing(INSTANCE, Set.of(digest(blob))))
        .isInstanceOf(Failure.Unavailable.class);
    assertThatThrownBy(() -> Blobs.write(impatient, INSTANCE, digest(blob), blob))
        .isInstanceOf(Failure.Unavailable.class);
  }

  @Test
  void aWriterThatIsClosedEndsItsCall() {
    ByteString blob = random.next(1_000_000);
    try (BlobWriter writer = store.create(INSTANCE, digest(blob))) {
      writer.write(blob.substring(0, 600_000).asReadOnlyByteBuffer());
      assertThat(writer.written()).isEqualTo(600_000);
    }
    assertThat(store.findMissing(INSTANCE, Set.of(digest(blob)))).hasSize(1);
  }

  @Test
  void anInterruptedCallIsUnavailableAndStaysInterrupted() {
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> store.open(INSTANCE, digest(random.next(9))))
        .isInstanceOf(Failure.Unavailable.class);
    assertThat(Thread.interrupted()).isTrue();
  }

  private static Digest numbered(DigestFunction function, int number) {
    String end = HexFormat.of().toHexDigits(number);
    return new Digest(
        function, "0".repeat(function.hashLength() - end.length()) + end, Long.MAX_VALUE);
  }

  private static Digest digest(ByteString blob) {
    return DigestFunction.SHA256.digestOf(blob.toByteArray());
  }
}
