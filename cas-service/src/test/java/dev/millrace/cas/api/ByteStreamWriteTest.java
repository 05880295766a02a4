package dev.millrace.cas.api;

import static dev.millrace.cas.api.Cas.await;
import static dev.millrace.cas.api.Cas.digest;
import static dev.millrace.cas.api.Cas.fails;
import static dev.millrace.cas.api.Cas.upload;
import static io.grpc.Status.Code.INVALID_ARGUMENT;
import static io.grpc.Status.Code.NOT_FOUND;
import static io.grpc.Status.Code.RESOURCE_EXHAUSTED;
import static io.grpc.Status.Code.UNIMPLEMENTED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.bytestream.QueryWriteStatusResponse;
import com.google.protobuf.ByteString;
import dev.millrace.blobstore.Blobs;
import dev.millrace.cas.backend.BackendKind;
import dev.millrace.cas.backend.OnEveryBackend;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.resourcename.ResourceName;
import dev.millrace.testing.RandomBlobs;
import io.grpc.StatusRuntimeException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What Write and QueryWriteStatus promise for blobs. */
@OnEveryBackend
final class ByteStreamWriteTest {

  private static final int MIB = 1024 * 1024;
  private static final String HASH = "a".repeat(64);
  private static final String ID = "9d1a9d5e-7c6e-4a8e-9b1f-0c6f5a4d3e2b";

  private final RandomBlobs random = RandomBlobs.seeded();
  private final Cas cas;
  private final ByteString blob = random.next(1000);
  private final Digest digest = digest(blob);
  private final String name = upload(digest);

  ByteStreamWriteTest(BackendKind kind) {
    cas = new Cas(kind.make());
  }

  @AfterEach
  void close() throws InterruptedException {
    cas.close();
  }

  @Test
  void aBlobInOneMessageIsStored() {
    assertThat(cas.write().send(name, 0, blob, true).committed()).isEqualTo(1000);
    assertThat(cas.read(Cas.blob(digest), 0, 0)).isEqualTo(blob);
  }

  @Test
  void laterMessagesRepeatTheNameOrLeaveItEmpty() {
    WriteClient write = cas.write();
    write.send(name, 0, blob.substring(0, 300));
    write.send("", 300, blob.substring(300, 600));
    write.send(name, 600, blob.substring(600));
    write.send("", 1000, ByteString.EMPTY, true);
    assertThat(write.committed()).isEqualTo(1000);
    assertThat(cas.read(Cas.blob(digest), 0, 0)).isEqualTo(blob);
  }

  @Test
  void whatFollowsTheSizeInTheNameIsIgnored() {
    assertThat(cas.write().send(name + "/some/file.o", 0, blob, true).committed()).isEqualTo(1000);
    assertThat(cas.has(digest)).isTrue();
  }

  @ParameterizedTest
  @EnumSource(value = DigestFunction.class, mode = EnumSource.Mode.EXCLUDE, names = "MD5")
  void blobsOfEveryEnabledFunctionAreStored(DigestFunction function) {
    Digest named = function.digestOf(blob.toByteArray());
    assertThat(cas.write().send(upload(named), 0, blob, true).committed()).isEqualTo(1000);
    assertThat(cas.read(Cas.blob(named), 0, 0)).isEqualTo(blob);
  }

  @Test
  void aFunctionThatIsNotEnabledIsRefused() {
    Digest md5 = DigestFunction.MD5.digestOf(blob.toByteArray());
    refused(md5, cas.write().send(upload(md5), 0, blob, true));
  }

  @Test
  void theEmptyBlobIsThereAlready() {
    Digest empty = digest(ByteString.EMPTY);
    assertThat(cas.write().send(upload(empty), 0, ByteString.EMPTY, true).answered()).isZero();
  }

  @Test
  void aGapIsRefused() {
    WriteClient write = cas.write().send(name, 0, blob.substring(0, 300));
    refused(digest, write.send("", 400, blob.substring(400), true));
  }

  @Test
  void anOverlapIsRefused() {
    WriteClient write = cas.write().send(name, 0, blob.substring(0, 300));
    refused(digest, write.send("", 200, blob.substring(200), true));
  }

  @Test
  void aNegativeOffsetIsRefused() {
    refused(digest, cas.write().send(name, -1, blob, true));
  }

  @Test
  void bytesBeyondTheSizeAreRefused() {
    ByteString longer = blob.concat(ByteString.copyFromUtf8("!"));
    refused(digest, cas.write().send(name, 0, longer, true));
    WriteClient write = cas.write().send(name, 0, blob);
    refused(digest, write.send(name, 1000, ByteString.copyFromUtf8("!"), true));
  }

  @Test
  void aBlobThatEndsTooEarlyIsRefused() {
    refused(digest, cas.write().send(name, 0, blob.substring(0, 999), true));
    fails(NOT_FOUND, () -> cas.query(name));
  }

  @Test
  void aBlobOfAnotherHashIsRefused() {
    refused(digest, cas.write().send(name, 0, random.next(1000), true));
    fails(NOT_FOUND, () -> cas.query(name));
  }

  @Test
  void dataAfterFinishWriteIsRefused() {
    WriteClient write = cas.write().send(name, 0, blob, true);
    refused(digest, write.send(name, 1000, ByteString.copyFromUtf8("!")));
  }

  @Test
  void anEmptyMessageAfterFinishWriteIsRefused() {
    WriteClient write = cas.write().send(name, 0, blob, true);
    refused(digest, write.send(name, 1000, ByteString.EMPTY, true));
  }

  @Test
  void anotherNameInALaterMessageIsRefused() {
    WriteClient write = cas.write().send(name, 0, blob.substring(0, 300));
    refused(digest, write.send(upload(digest), 300, blob.substring(300), true));
  }

  @Test
  void aCallWithoutAnyMessageIsRefused() {
    fails(INVALID_ARGUMENT, () -> cas.write().committed());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "uploads",
        "uploads/ID",
        "uploads/ID/blobs",
        "uploads/ID/blobs/HASH",
        "uploads/ID/blobs/HASH/",
        "uploads/ID/blobs/HASH/-1",
        "uploads/ID/blobs/HASH/+1",
        "uploads/ID/blobs/HASH/01",
        "uploads/ID/blobs/HASH/ten",
        "uploads/ID/blobs/HASH/9223372036854775808",
        "uploads/ID/blobs/short/10",
        "uploads/ID/blobs/MURMUR3/abcdef01/10",
        "uploads/ID/blobs/murmur3/abcdef01/10",
        "uploads/ID/blobs/sha256/HASH/10",
        "uploads/ID/blobs/sha256tree/abc/10",
        "uploads/ID/compressed-blobs/lzma/HASH/10",
        "uploads/ID/compressed-blobs/lzma/HASH/10",
        "uploads/ID/compressed-blobs/identity/HASH/10",
        "uploads/not-a-uuid/blobs/HASH/10",
        "uploads//blobs/HASH/10",
        "team//uploads/ID/blobs/HASH/10",
        "team/actions/uploads/ID/blobs/HASH/10",
        "blobs/HASH/10",
      })
  void aMalformedOrReadOnlyNameIsRefused(String pattern) {
    String malformed = pattern.replace("HASH", HASH).replace("ID", ID);
    fails(
        INVALID_ARGUMENT,
        () -> cas.write().send(malformed, 0, ByteString.copyFromUtf8("x"), true).committed());
    fails(INVALID_ARGUMENT, () -> cas.query(malformed));
  }

  @Test
  void anUpperCaseHashIsRefused() {
    String upper = name.replace(digest.hash(), "A" + digest.hash().substring(1));
    refused(digest, cas.write().send(upper, 0, blob, true));
  }

  @Test
  void aLogIsNotServedHere() {
    fails(
        UNIMPLEMENTED,
        () -> cas.write().send("logstreams/some/token", 0, ByteString.EMPTY).committed());
    fails(UNIMPLEMENTED, () -> cas.read("logstreams/some", 0, 0));
    fails(UNIMPLEMENTED, () -> cas.query("logstreams/some/token"));
  }

  @Test
  void aBlobThatExistsIsAnsweredWhileTheClientStillSends() {
    cas.put(blob);
    WriteClient write = cas.write().send(name, 0, blob.substring(0, 1));
    assertThat(write.answered()).isEqualTo(1000);
    write.send("", 1, blob.substring(1, 10));
    assertThat(cas.query(name)).isEqualTo(status(1000, true));
  }

  @Test
  void aWriterWhoIsOvertakenIsAnsweredWithTheFullSize() {
    ByteString large = random.next(9_000_000);
    String slow = upload(digest(large));
    WriteClient write = cas.write().send(slow, 0, large.substring(0, 4_500_000));
    await(() -> cas.uploads.written(parsed(slow)).orElse(0) == 4_500_000);
    cas.put(large);
    write.send(slow, 4_500_000, large.substring(4_500_000, 4_500_001));
    assertThat(write.answered()).isEqualTo(9_000_000);
  }

  @Test
  void twoWritersOfTheSameBlobBothSucceed() {
    WriteClient first = cas.write().send(name, 0, blob, true);
    WriteClient second = cas.write().send(upload(digest), 0, blob, true);
    assertThat(first.committed()).isEqualTo(1000);
    assertThat(second.committed()).isEqualTo(1000);
  }

  @Test
  void anInterruptedUploadGoesOnWhereItStopped() {
    interruptAt(400);
    assertThat(cas.query(name)).isEqualTo(status(400, false));
    assertThat(cas.has(digest)).isFalse();
    assertThat(cas.write().send(name, 400, blob.substring(400), true).committed()).isEqualTo(1000);
    assertThat(cas.read(Cas.blob(digest), 0, 0)).isEqualTo(blob);
    assertThat(cas.query(name)).isEqualTo(status(1000, true));
  }

  @Test
  void anInterruptedUploadStartsOverAtOffsetZero() {
    interruptAt(400);
    assertThat(cas.write().send(name, 0, blob, true).committed()).isEqualTo(1000);
    assertThat(cas.read(Cas.blob(digest), 0, 0)).isEqualTo(blob);
  }

  @Test
  void anInterruptedUploadGoesOnNowhereElse() {
    interruptAt(400);
    refused(digest, cas.write().send(name, 399, blob.substring(399), true));
    refused(digest, cas.write().send(name, 401, blob.substring(401), true));
    assertThat(cas.query(name)).isEqualTo(status(400, false));
  }

  @Test
  void anUnknownUploadDoesNotGoOnInItsMiddle() {
    refused(digest, cas.write().send(name, 400, blob.substring(400), true));
  }

  @Test
  void aClientThatStopsWithoutFinishingIsToldWhatIsThere() {
    assertThat(cas.write().send(name, 0, blob.substring(0, 400)).committed()).isEqualTo(400);
    assertThat(cas.query(name)).isEqualTo(status(400, false));
    assertThat(cas.has(digest)).isFalse();
  }

  @Test
  void aClientThatIsToldTheFullSizeFindsTheBlob() {
    assertThat(cas.write().send(name, 0, blob).committed()).isEqualTo(1000);
    assertThat(cas.has(digest)).isTrue();
  }

  @Test
  void aFaultyMessageEndsTheUpload() {
    interruptAt(400);
    WriteClient write = cas.write().send(name, 400, blob.substring(400, 500));
    refused(digest, write.send(name, 700, blob.substring(700), true));
    fails(NOT_FOUND, () -> cas.query(name));
  }

  @Test
  void aSecondCallTakesTheUploadOver() {
    WriteClient lost = cas.write().send(name, 0, blob.substring(0, 400));
    await(() -> cas.query(name).getCommittedSize() == 400);
    WriteClient taker = cas.write().send(name, 400, blob.substring(400, 500));
    await(() -> cas.query(name).getCommittedSize() == 500);
    lost.send(name, 500, blob.substring(500, 600));
    fails(io.grpc.Status.Code.UNAVAILABLE, lost::answered);
    assertThat(taker.send(name, 500, blob.substring(500), true).committed()).isEqualTo(1000);
    assertThat(cas.read(Cas.blob(digest), 0, 0)).isEqualTo(blob);
  }

  @Test
  void anUnknownUploadIsNotFound() {
    fails(NOT_FOUND, () -> cas.query(name));
  }

  @Test
  void anUploadOfAnotherIdIsAnother() {
    interruptAt(400);
    fails(NOT_FOUND, () -> cas.query(upload(digest)));
  }

  @Test
  void aBlobOfEnormousSizeIsNotBelieved() {
    Digest enormous = new Digest(DigestFunction.SHA256, HASH, Long.MAX_VALUE);
    WriteClient write = cas.write().send(upload(enormous), 0, blob, true);
    assertThatThrownBy(write::committed)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isIn(INVALID_ARGUMENT, RESOURCE_EXHAUSTED));
    assertThat(cas.has(enormous)).isFalse();
  }

  @Test
  void manyUploadsAtOnceDoNotMix() {
    List<ByteString> blobs =
        java.util.stream.IntStream.range(0, 100).mapToObj(i -> random.next(5000 + i)).toList();
    List<WriteClient> writes =
        blobs.stream()
            .map(b -> cas.write().send(upload(digest(b)), 0, b.substring(0, 2000)))
            .toList();
    for (int i = 0; i < blobs.size(); i++) {
      writes.get(i).send("", 2000, blobs.get(i).substring(2000), true);
    }
    for (int i = 0; i < blobs.size(); i++) {
      assertThat(writes.get(i).committed()).isEqualTo(5000 + i);
      assertThat(Blobs.read(cas.store, Cas.INSTANCE, digest(blobs.get(i)), 10_000))
          .isEqualTo(blobs.get(i));
    }
  }

  /** Below and above what is gathered on the heap, what goes into an index row, and a block. */
  @ParameterizedTest
  @ValueSource(
      ints = {16_384, 16_385, 65_535, 65_536, 65_537, 262_145, MIB - 1, MIB, MIB + 1, 2 * MIB})
  void blobsOfEverySizeAreStoredInManyMessages(int size) {
    inManyMessages(random.next(size), 50_001);
    inManyMessages(random.next(size), size);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 65_537, MIB - 1})
  void whatFindsNoRoomToBeGatheredIsStoredAsWell(int size) {
    cas.restartWithRoom(0);
    inManyMessages(random.next(size), 50_001);
  }

  @Test
  void uploadsThatCompeteForRoomDoNotMix() {
    cas.restartWithRoom(MIB);
    List<ByteString> blobs =
        java.util.stream.IntStream.range(0, 20).mapToObj(i -> random.next(300_000 + i)).toList();
    List<WriteClient> writes =
        blobs.stream()
            .map(b -> cas.write().send(upload(digest(b)), 0, b.substring(0, 200_000)))
            .toList();
    for (int i = 0; i < blobs.size(); i++) {
      writes.get(i).send("", 200_000, blobs.get(i).substring(200_000), true);
    }
    for (int i = 0; i < blobs.size(); i++) {
      assertThat(writes.get(i).committed()).isEqualTo(300_000 + i);
      assertThat(Blobs.read(cas.store, Cas.INSTANCE, digest(blobs.get(i)), MIB))
          .isEqualTo(blobs.get(i));
    }
  }

  private void inManyMessages(ByteString content, int most) {
    String named = upload(digest(content));
    WriteClient write = cas.write();
    for (int at = 0; at < content.size(); at += most) {
      int to = Math.min(content.size(), at + most);
      write.send(at == 0 ? named : "", at, content.substring(at, to), to == content.size());
    }
    assertThat(write.committed()).isEqualTo(content.size());
    assertThat(Blobs.read(cas.store, Cas.INSTANCE, digest(content), content.size()))
        .isEqualTo(content);
    assertThat(cas.query(named)).isEqualTo(status(content.size(), true));
  }

  private void interruptAt(int offset) {
    WriteClient write = cas.write().send(name, 0, blob.substring(0, offset));
    await(() -> cas.uploads.written(parsed(name)).orElse(0) == offset);
    write.cancel();
    await(() -> cas.uploads.suspended() == 1);
  }

  private static ResourceName.Upload parsed(String name) {
    return (ResourceName.Upload) ResourceName.parse(name);
  }

  private void refused(Digest digest, WriteClient write) {
    fails(INVALID_ARGUMENT, write::committed);
    assertThat(cas.has(digest)).isFalse();
  }

  private static QueryWriteStatusResponse status(long committed, boolean complete) {
    return QueryWriteStatusResponse.newBuilder()
        .setCommittedSize(committed)
        .setComplete(complete)
        .build();
  }
}
