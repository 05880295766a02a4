package dev.millrace.cas.api;

import static dev.millrace.cas.api.Cas.await;
import static dev.millrace.cas.api.Cas.digest;
import static dev.millrace.cas.api.Cas.fails;
import static io.grpc.Status.Code.INVALID_ARGUMENT;
import static io.grpc.Status.Code.NOT_FOUND;
import static io.grpc.Status.Code.OUT_OF_RANGE;
import static io.grpc.Status.Code.RESOURCE_EXHAUSTED;
import static org.assertj.core.api.Assertions.assertThat;

import build.bazel.remote.execution.v2.BatchReadBlobsRequest;
import build.bazel.remote.execution.v2.BatchReadBlobsResponse;
import build.bazel.remote.execution.v2.BatchUpdateBlobsRequest;
import build.bazel.remote.execution.v2.Compressor;
import com.github.luben.zstd.Zstd;
import com.google.protobuf.ByteString;
import com.google.rpc.Code;
import dev.millrace.cas.backend.BackendKind;
import dev.millrace.cas.backend.OnEveryBackend;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.digest.wire.Digests;
import dev.millrace.resourcename.ResourceName;
import dev.millrace.testing.RandomBlobs;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is promised for blobs that travel compressed. */
@OnEveryBackend
final class CompressedBlobsTest {

  private final RandomBlobs random = RandomBlobs.seeded();
  private final Cas cas;
  private final ByteString blob =
      random.next(150_000).concat(ByteString.copyFrom(new byte[50_000]));
  private final Digest digest = digest(blob);
  private final ByteString data = compress(blob);
  private final String name = upload(digest);

  CompressedBlobsTest(BackendKind kind) {
    cas = new Cas(kind.make());
  }

  @AfterEach
  void close() throws InterruptedException {
    cas.close();
  }

  @Test
  void anUploadIsStoredUncompressedAndItsOffsetsCountCompressedBytes() {
    WriteClient write = cas.write().send(name, 0, data.substring(0, 1000));
    write.send("", 1000, data.substring(1000), true);
    assertThat(write.committed()).isEqualTo(data.size());
    assertThat(cas.read(Cas.blob(digest), 0, 0)).isEqualTo(blob);
    assertThat(cas.query(name).getComplete()).isTrue();
    assertThat(cas.query(name).getCommittedSize()).isEqualTo(200_000);
  }

  @Test
  void aBlobThatExistsIsAnsweredWithMinusOne() {
    cas.put(blob);
    assertThat(cas.write().send(name, 0, data.substring(0, 10)).answered()).isEqualTo(-1);
  }

  @Test
  void aWriterWhoIsOvertakenIsAnsweredWithMinusOne() {
    ByteString large = random.next(5_000_000);
    ByteString sent = compress(large);
    String slow = upload(digest(large));
    WriteClient write = cas.write().send(slow, 0, sent.substring(0, 4_500_000));
    await(() ->
        cas.uploads.written((ResourceName.Upload) ResourceName.parse(slow)).orElse(0) > 4_000_000);
    cas.put(large);
    write.send(slow, 4_500_000, sent.substring(4_500_000, 4_500_001));
    assertThat(write.answered()).isEqualTo(-1);
    write.cancel();
  }

  @Test
  void truncatedDataIsRefused() {
    refused(data.substring(0, data.size() - 1));
    refused(data.substring(0, 100));
    refused(ByteString.EMPTY);
  }

  @Test
  void dataThatYieldsTooLittleIsRefused() {
    refused(compress(blob.substring(0, 199_999)));
  }

  @Test
  void dataThatYieldsTooMuchIsCutOff() {
    refused(compress(blob.concat(ByteString.copyFromUtf8("!"))));
    refused(compress(ByteString.copyFrom(new byte[100_000_000])));
  }

  @Test
  void dataOfAnotherHashIsRefused() {
    refused(compress(random.next(200_000)));
  }

  @Test
  void whatIsNotCompressedIsRefused() {
    refused(blob);
    refused(data.concat(ByteString.copyFromUtf8("trailing")));
  }

  @Test
  void dataAfterFinishWriteIsRefused() {
    WriteClient write = cas.write().send(name, 0, data, true);
    fails(INVALID_ARGUMENT, () -> write.send("", data.size(), data).committed());
    assertThat(cas.has(digest)).isFalse();
  }

  @Test
  void aGapIsRefused() {
    WriteClient write = cas.write().send(name, 0, data.substring(0, 1000));
    fails(INVALID_ARGUMENT, () -> write.send("", 1001, data.substring(1001), true).committed());
    assertThat(cas.has(digest)).isFalse();
  }

  @Test
  void anInterruptedUploadStartsOver() {
    WriteClient write = cas.write().send(name, 0, data.substring(0, 140_000));
    ResourceName.Upload upload = (ResourceName.Upload) ResourceName.parse(name);
    await(() -> cas.uploads.written(upload).orElse(0) > 0);
    assertThat(cas.query(name).getCommittedSize()).isZero();
    write.cancel();
    await(() -> cas.uploads.suspended() == 1);
    assertThat(cas.query(name).getCommittedSize()).isZero();
    assertThat(cas.query(name).getComplete()).isFalse();
    fails(
        INVALID_ARGUMENT,
        () -> cas.write().send(name, 140_000, data.substring(140_000), true).committed());
    assertThat(cas.write().send(name, 0, data, true).committed()).isEqualTo(data.size());
    assertThat(cas.read(Cas.blob(digest), 0, 0)).isEqualTo(blob);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 131_072, 199_999, 200_000})
  void aReadCompressesFromAnOffsetInTheUncompressedBytes(int offset) {
    cas.put(blob);
    ByteString sent = cas.read(compressed(digest), offset, 0);
    assertThat(ByteString.copyFrom(Zstd.decompress(sent.toByteArray(), 200_001)))
        .isEqualTo(blob.substring(offset));
  }

  @Test
  void aReadBeyondTheEndIsOutOfRange() {
    cas.put(blob);
    fails(OUT_OF_RANGE, () -> cas.read(compressed(digest), 200_001, 0));
    fails(OUT_OF_RANGE, () -> cas.read(compressed(digest), -1, 0));
  }

  @Test
  void aReadWithALimitIsRefused() {
    cas.put(blob);
    fails(INVALID_ARGUMENT, () -> cas.read(compressed(digest), 0, 1));
    fails(INVALID_ARGUMENT, () -> cas.read(compressed(digest), 0, -1));
  }

  @Test
  void anAbsentBlobIsNotFound() {
    fails(NOT_FOUND, () -> cas.read(compressed(digest), 0, 0));
  }

  @Test
  void tooManyStreamsAtOnceAreAskedToComeBack() {
    ByteString large = random.next(200_000);
    Digest largeDigest = digest(large);
    List<WriteClient> open = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      String each = upload(largeDigest);
      open.add(cas.write().send(each, 0, compress(large).substring(0, 150_000)));
      ResourceName.Upload upload = (ResourceName.Upload) ResourceName.parse(each);
      await(() -> cas.uploads.written(upload).orElse(0) > 0);
    }
    fails(RESOURCE_EXHAUSTED, () -> cas.write().send(name, 0, data, true).committed());
    open.forEach(WriteClient::cancel);
    await(() -> cas.uploads.suspended() == 3);
    assertThat(cas.write().send(name, 0, data, true).committed()).isEqualTo(data.size());
  }

  @Test
  void aBatchTakesCompressedBlobs() {
    ByteString small = random.next(300);
    BatchUpdateBlobsRequest.Builder update =
        BatchUpdateBlobsRequest.newBuilder().setInstanceName(Cas.INSTANCE.value());
    add(update, digest, data);
    add(update, digest(small), compress(small).substring(0, 100));
    Digest tiny = new Digest(DigestFunction.SHA256, "a".repeat(64), 10);
    add(update, tiny, compress(ByteString.copyFrom(new byte[50_000_000])));
    Digest other = new Digest(DigestFunction.SHA256, "b".repeat(64), 300);
    add(update, other, compress(small));
    assertThat(cas.storage().batchUpdateBlobs(update.build()).getResponsesList())
        .extracting(r -> Code.forNumber(r.getStatus().getCode()))
        .containsExactly(
            Code.OK, Code.INVALID_ARGUMENT, Code.INVALID_ARGUMENT, Code.INVALID_ARGUMENT);
    assertThat(cas.has(digest)).isTrue();
    assertThat(cas.has(digest(small))).isFalse();
    assertThat(cas.has(tiny)).isFalse();
    assertThat(cas.has(other)).isFalse();
  }

  @Test
  void aBatchThatSaysItWillGrowBeyondTheLimitIsRefused() {
    BatchUpdateBlobsRequest.Builder update = BatchUpdateBlobsRequest.newBuilder();
    add(update, new Digest(DigestFunction.SHA256, "a".repeat(64), Cas.MAX_BATCH + 1), data);
    fails(INVALID_ARGUMENT, () -> cas.storage().batchUpdateBlobs(update.build()));
  }

  @Test
  void aBatchIsReadCompressedWhereThatHelpsAndIsAccepted() {
    ByteString dense = random.next(1000);
    ByteString sparse = ByteString.copyFrom(new byte[10_000]);
    ByteString tiny = ByteString.copyFrom(new byte[10]);
    BatchReadBlobsRequest.Builder read =
        BatchReadBlobsRequest.newBuilder().setInstanceName(Cas.INSTANCE.value());
    List.of(dense, sparse, tiny)
        .forEach(content -> read.addDigests(Digests.toProto(cas.put(content))));
    assertThat(cas.storage().batchReadBlobs(read.build()).getResponsesList())
        .extracting(BatchReadBlobsResponse.Response::getData)
        .containsExactly(dense, sparse, tiny);
    List<BatchReadBlobsResponse.Response> responses =
        cas.storage()
            .batchReadBlobs(
                read.addAcceptableCompressors(Compressor.Value.BROTLI)
                    .addAcceptableCompressors(Compressor.Value.ZSTD)
                    .build())
            .getResponsesList();
    assertThat(responses)
        .extracting(BatchReadBlobsResponse.Response::getCompressor)
        .containsExactly(
            Compressor.Value.IDENTITY, Compressor.Value.ZSTD, Compressor.Value.IDENTITY);
    assertThat(Zstd.decompress(responses.get(1).getData().toByteArray(), 10_000))
        .isEqualTo(sparse.toByteArray());
  }

  private void refused(ByteString sent) {
    fails(INVALID_ARGUMENT, () -> cas.write().send(name, 0, sent, true).committed());
    assertThat(cas.has(digest)).isFalse();
    fails(NOT_FOUND, () -> cas.query(name));
  }

  private static void add(
      BatchUpdateBlobsRequest.Builder update, Digest digest, ByteString compressed) {
    update
        .addRequestsBuilder()
        .setDigest(Digests.toProto(digest))
        .setData(compressed)
        .setCompressor(Compressor.Value.ZSTD);
  }

  private static ByteString compress(ByteString plain) {
    return ByteString.copyFrom(Zstd.compress(plain.toByteArray()));
  }

  private static String compressed(Digest digest) {
    return Cas.INSTANCE.prefix() + "compressed-blobs/zstd/" + digest;
  }

  private static String upload(Digest digest) {
    return Cas.INSTANCE.prefix()
        + "uploads/"
        + UUID.randomUUID()
        + "/compressed-blobs/zstd/"
        + digest;
  }
}
