package dev.millrace.cas.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.millrace.blobstore.BlobReader;
import dev.millrace.blobstore.BlobWriter;
import dev.millrace.blobstore.Blobs;
import dev.millrace.cas.s3.ObjectStorage.Replica;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import dev.millrace.testing.RandomBlobs;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ObjectBlobStoreTest {

  private static final InstanceName INSTANCE = new InstanceName("team");
  private static final int MIB = 1 << 20;
  private static final ObjectStorage STORAGE = new ObjectStorage();

  private final RandomBlobs random = RandomBlobs.seeded();
  private final SlowObjectStore objects = new SlowObjectStore();
  private final TransferMemory memory = new TransferMemory(16, Duration.ofMillis(100));
  private final Replica replica = STORAGE.replica(objects, memory);
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  @AfterEach
  void allMemoryIsGivenBack() {
    threads.close();
    assertThat(memory.free()).isEqualTo(16);
  }

  @Test
  void aBlobThatManySendAtOnceIsSentOnce() throws Exception {
    ByteString blob = random.next(3 * MIB);
    List<Future<Digest>> writers = writers(5, blob);
    await().atMost(Duration.ofSeconds(60)).until(() -> objects.puts.get() == 1);
    objects.succeeding.release(100);
    for (Future<Digest> writer : writers) {
      assertThat(read(replica, writer.get())).isEqualTo(blob);
    }
    assertThat(objects.puts).hasValue(2);
    assertThat(objects.objects).hasSize(2);
  }

  @Test
  void ifTheOneThatSendsFailsAnotherTakesOver() throws Exception {
    ByteString blob = random.next(3 * MIB);
    List<Future<Digest>> writers = writers(3, blob);
    await().atMost(Duration.ofSeconds(60)).until(() -> objects.puts.get() == 1);
    objects.failing.release();
    await().atMost(Duration.ofSeconds(60)).until(() -> objects.puts.get() == 2);
    objects.succeeding.release(100);
    int failed = 0;
    for (Future<Digest> writer : writers) {
      try {
        assertThat(read(replica, writer.get())).isEqualTo(blob);
      } catch (ExecutionException e) {
        assertThat(e).hasCauseInstanceOf(Failure.Unavailable.class);
        failed++;
      }
    }
    assertThat(failed).isEqualTo(1);
  }

  @Test
  void aBlobThatIsStoredIsNotSentAgain() {
    objects.succeeding.release(100);
    ByteString blob = random.next(3 * MIB);
    write(replica, blob);
    write(replica, blob);
    write(STORAGE.replica(objects), blob);
    assertThat(objects.puts).hasValue(2);
  }

  @Test
  void ofTwoReplicasThatSendOneBlobTheSecondsObjectsAreDeleted() throws Exception {
    ByteString blob = random.next(MIB);
    Replica other = STORAGE.replica(objects);
    Future<Digest> first = threads.submit(() -> write(replica, blob));
    Future<Digest> second = threads.submit(() -> write(other, blob));
    await().atMost(Duration.ofSeconds(60)).until(() -> objects.puts.get() == 2);
    objects.succeeding.release(2);
    assertThat(read(other, first.get())).isEqualTo(blob);
    assertThat(read(replica, second.get())).isEqualTo(blob);
    assertThat(objects.objects).hasSize(2);
    assertThat(deleteDue()).isEqualTo(1);
    assertThat(objects.objects).hasSize(1);
    assertThat(read(replica, first.get())).isEqualTo(blob);
  }

  @Test
  void whatAWriterThatGaveUpHasSentIsDeleted() {
    objects.succeeding.release(100);
    ByteString blob = random.next(5 * MIB);
    Digest digest = DigestFunction.SHA256.digestOf(blob.toByteArray());
    try (BlobWriter writer = replica.store().create(INSTANCE, digest)) {
      writer.write(blob.substring(0, 5 * MIB - 1).asReadOnlyByteBuffer());
      assertThat(objects.objects).hasSize(2);
    }
    assertThat(deleteDue()).isEqualTo(2);
    assertThat(objects.objects).isEmpty();
  }

  @Test
  void whereMemoryIsShortPiecesAreShort() {
    objects.succeeding.release(100);
    TransferMemory one = new TransferMemory(1, Duration.ofMillis(100));
    ByteString blob = random.next(4 * MIB + 1);
    Digest digest = write(STORAGE.replica(objects, one), blob);
    assertThat(objects.puts).hasValue(5);
    assertThat(read(STORAGE.replica(objects, one), digest)).isEqualTo(blob);
    assertThat(one.free()).isEqualTo(1);
  }

  @Test
  void whereMemoryIsUsedUpTransfersAreRefused() {
    objects.succeeding.release(100);
    ByteString blob = random.next(3 * MIB);
    Digest digest = write(replica, blob);
    TransferMemory none = new TransferMemory(1, Duration.ofMillis(10));
    none.takeFirst();
    Replica busy = STORAGE.replica(objects, none);
    assertThatThrownBy(() -> read(busy, digest)).isInstanceOf(Failure.Exhausted.class);
    assertThatThrownBy(() -> write(busy, random.next(MIB))).isInstanceOf(Failure.Exhausted.class);
    none.giveBack(1);
    assertThat(read(busy, digest)).isEqualTo(blob);
  }

  @Test
  void aReaderThatPausesBetweenBlocksHoldsNoMemory() {
    objects.succeeding.release(100);
    ByteString blob = random.next(4 * MIB);
    Digest digest = write(replica, blob);
    try (BlobReader reader = replica.store().open(INSTANCE, digest)) {
      reader.read(0, ByteBuffer.allocate(MIB));
      assertThat(memory.free()).isEqualTo(16);
      reader.read(MIB, ByteBuffer.allocate(100));
      assertThat(memory.free()).isLessThan(16);
    }
  }

  @Test
  void smallBlobsNeedNoObjectStore() {
    ByteString blob = random.next(ObjectStorage.INLINE_LIMIT);
    Digest digest = write(replica, blob);
    assertThat(read(replica, digest)).isEqualTo(blob);
    assertThat(replica.store().readAll(INSTANCE, Set.of(digest))).isEqualTo(Map.of(digest, blob));
    assertThat(objects.puts).hasValue(0);
  }

  private int deleteDue() {
    return replica
        .deletions()
        .deleteDue(
            100,
            object -> {
              objects.delete(object);
              return true;
            });
  }

  private List<Future<Digest>> writers(int count, ByteString blob) {
    List<Future<Digest>> writers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      writers.add(threads.submit(() -> write(replica, blob)));
    }
    return writers;
  }

  private static Digest write(Replica replica, ByteString blob) {
    return Blobs.write(replica.store(), INSTANCE, DigestFunction.SHA256, blob);
  }

  private static ByteString read(Replica replica, Digest digest) {
    return Blobs.read(replica.store(), INSTANCE, digest, 100 * MIB);
  }
}
