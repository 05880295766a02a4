package dev.millrace.cas.api;

import static dev.millrace.cas.api.Cas.digest;
import static dev.millrace.cas.api.Cas.fails;
import static io.grpc.Status.Code.INVALID_ARGUMENT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import build.bazel.remote.execution.v2.BatchReadBlobsRequest;
import build.bazel.remote.execution.v2.BatchReadBlobsResponse;
import build.bazel.remote.execution.v2.BatchUpdateBlobsRequest;
import build.bazel.remote.execution.v2.BatchUpdateBlobsResponse;
import build.bazel.remote.execution.v2.Compressor;
import build.bazel.remote.execution.v2.DigestFunction.Value;
import build.bazel.remote.execution.v2.FindMissingBlobsRequest;
import com.google.protobuf.ByteString;
import com.google.rpc.Code;
import com.google.rpc.Status;
import dev.millrace.cas.backend.BackendKind;
import dev.millrace.cas.backend.OnEveryBackend;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.digest.wire.Digests;
import dev.millrace.testing.RandomBlobs;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What FindMissingBlobs and the batches promise. */
@OnEveryBackend
final class ContentAddressableStorageTest {

  private final RandomBlobs random = RandomBlobs.seeded();
  private final Cas cas;
  private final ByteString present = random.next(100);
  private final Digest presentDigest;
  private final ByteString other = random.next(200);
  private final Digest otherDigest = digest(other);

  ContentAddressableStorageTest(BackendKind kind) {
    cas = new Cas(kind.make());
    presentDigest = cas.put(present);
  }

  @AfterEach
  void close() throws InterruptedException {
    cas.close();
  }

  @Test
  void findMissingTellsWhatIsAbsentOnceWhateverTheOrder() {
    Digest third = digest(random.next(7));
    assertThat(findMissing(otherDigest, presentDigest, third, otherDigest, presentDigest))
        .containsExactlyInAnyOrder(otherDigest, third);
    assertThat(findMissing()).isEmpty();
  }

  @Test
  void findMissingTakesAsManyDigestsAsAMessageCarries() {
    FindMissingBlobsRequest.Builder request = find();
    for (int i = 0; i < 50_000; i++) {
      request.addBlobDigests(
          Digests.toProto(new Digest(DigestFunction.SHA256, "%064x".formatted(i), i)));
    }
    request.addBlobDigests(Digests.toProto(presentDigest));
    assertThat(cas.storage().findMissingBlobs(request.build()).getMissingBlobDigestsList())
        .hasSize(50_000);
  }

  @Test
  void whatFindMissingReportsAsPresentStaysReadable() {
    ByteString large = random.next(300_000);
    List<Digest> used = List.of(presentDigest, cas.put(large));
    Digest unused = cas.put(other);
    cas.outlive(() -> assertThat(findMissing(used.toArray(Digest[]::new))).isEmpty());
    assertThat(cas.read(Cas.blob(used.getLast()), 0, 0)).isEqualTo(large);
    assertThat(read(presentDigest).getFirst().getData()).isEqualTo(present);
    assertThat(findMissing(unused)).as("others are collected").containsExactly(unused);
  }

  @Test
  void theEmptyBlobIsNeverMissing() {
    assertThat(findMissing(digest(ByteString.EMPTY))).isEmpty();
  }

  @Test
  void findMissingNamesTheIndexOfAMalformedDigest() {
    FindMissingBlobsRequest.Builder request = find().addBlobDigests(Digests.toProto(presentDigest));
    request.addBlobDigestsBuilder().setHash("A".repeat(64)).setSizeBytes(1);
    refusedNaming("blob_digests[1]", () -> cas.storage().findMissingBlobs(request.build()));
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, Long.MIN_VALUE})
  void aNegativeSizeIsRefused(long size) {
    FindMissingBlobsRequest.Builder request = find();
    request.addBlobDigestsBuilder().setHash("a".repeat(64)).setSizeBytes(size);
    refusedNaming("blob_digests[0]", () -> cas.storage().findMissingBlobs(request.build()));
  }

  @ParameterizedTest
  @EnumSource(
      value = Value.class,
      names = {"MURMUR3", "VSO", "MD5"})
  void aFunctionThatIsNotServedIsRefused(Value function) {
    refusedNaming(
        "digest_function",
        () -> cas.storage().findMissingBlobs(find().setDigestFunction(function).build()));
  }

  @Test
  void aFunctionThatNobodyDefinedIsRefused() {
    refusedNaming(
        "digest_function",
        () -> cas.storage().findMissingBlobs(find().setDigestFunctionValue(99).build()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"/team", "team/", "team//x", "team/blobs", "uploads"})
  void aMalformedInstanceIsRefused(String instance) {
    refusedNaming(
        "instance_name",
        () -> cas.storage().findMissingBlobs(find().setInstanceName(instance).build()));
  }

  @Test
  void aBatchStoresBlobs() {
    BatchUpdateBlobsResponse response =
        cas.storage()
            .batchUpdateBlobs(
                update(item(presentDigest, present), item(otherDigest, other)).build());
    assertThat(response.getResponsesList())
        .extracting(r -> r.getStatus().getCode())
        .containsExactly(0, 0);
    assertThat(read(presentDigest, otherDigest))
        .extracting(BatchReadBlobsResponse.Response::getData)
        .containsExactly(present, other);
  }

  @Test
  void aBatchReportsEveryBlobAlone() {
    Digest wrongHash = digest(random.next(300));
    Digest wrongSize = new Digest(otherDigest.function(), otherDigest.hash(), 201);
    ByteString good = random.next(50);
    BatchUpdateBlobsResponse response =
        cas.storage()
            .batchUpdateBlobs(
                update(
                        item(wrongHash, random.next(300)),
                        item(digest(good), good),
                        item(wrongSize, other),
                        item(otherDigest, other).setCompressorValue(Compressor.Value.BROTLI_VALUE),
                        item(digest(good), good).setCompressorValue(77))
                    .build());
    assertThat(response.getResponsesList())
        .extracting(r -> Code.forNumber(r.getStatus().getCode()))
        .containsExactly(
            Code.INVALID_ARGUMENT,
            Code.OK,
            Code.INVALID_ARGUMENT,
            Code.INVALID_ARGUMENT,
            Code.INVALID_ARGUMENT);
    assertThat(findMissing(wrongHash, wrongSize, otherDigest, digest(good)))
        .containsExactlyInAnyOrder(wrongHash, wrongSize, otherDigest);
  }

  @Test
  void aBlobTwiceInABatchIsAnsweredTwice() {
    BatchUpdateBlobsResponse response =
        cas.storage()
            .batchUpdateBlobs(
                update(
                        item(otherDigest, random.next(200)),
                        item(otherDigest, other),
                        item(otherDigest, other))
                    .build());
    assertThat(response.getResponsesList())
        .extracting(r -> Code.forNumber(r.getStatus().getCode()))
        .containsExactly(Code.INVALID_ARGUMENT, Code.OK, Code.OK);
    assertThat(cas.has(otherDigest)).isTrue();
    assertThat(read(otherDigest, otherDigest))
        .extracting(BatchReadBlobsResponse.Response::getData)
        .containsExactly(other, other);
  }

  @Test
  void anUpdateNamesTheIndexOfAMalformedDigestAndStoresNothing() {
    BatchUpdateBlobsRequest.Builder request = update(item(otherDigest, other));
    request.addRequestsBuilder().getDigestBuilder().setHash("abc").setSizeBytes(1);
    refusedNaming("requests[1].digest", () -> cas.storage().batchUpdateBlobs(request.build()));
    assertThat(cas.has(otherDigest)).isFalse();
  }

  @Test
  void aBatchBeyondTheAdvertisedSizeIsRefused() {
    int half = (int) Cas.MAX_BATCH / 2;
    ByteString first = random.next(half);
    ByteString second = random.next(half + 1);
    refusedNaming(
        "requests",
        () ->
            cas.storage()
                .batchUpdateBlobs(
                    update(item(digest(first), first), item(digest(second), second)).build()));
    assertThat(cas.has(digest(first))).isFalse();
    cas.put(first);
    cas.put(second);
    refusedNaming("digests", () -> read(digest(first), digest(second)));
    ByteString fits = second.substring(0, half);
    cas.put(fits);
    assertThat(read(digest(first), digest(fits)))
        .extracting(BatchReadBlobsResponse.Response::getData)
        .containsExactly(first, fits);
  }

  @Test
  void sizesThatOverflowTogetherAreRefused() {
    Digest enormous = new Digest(DigestFunction.SHA256, "a".repeat(64), Long.MAX_VALUE);
    Digest enormousToo = new Digest(DigestFunction.SHA256, "b".repeat(64), Long.MAX_VALUE);
    refusedNaming("digests", () -> read(enormous, enormousToo));
    assertThat(findMissing(enormous)).containsExactly(enormous);
  }

  @Test
  void aReadReportsEveryBlobAlone() {
    List<BatchReadBlobsResponse.Response> responses =
        read(presentDigest, otherDigest, digest(ByteString.EMPTY));
    assertThat(responses)
        .extracting(r -> Code.forNumber(r.getStatus().getCode()))
        .containsExactly(Code.OK, Code.NOT_FOUND, Code.OK);
    assertThat(responses.getFirst().getData()).isEqualTo(present);
    assertThat(responses.get(1).getData()).isEmpty();
    assertThat(responses)
        .extracting(BatchReadBlobsResponse.Response::getDigest)
        .containsExactly(
            Digests.toProto(presentDigest),
            Digests.toProto(otherDigest),
            Digests.toProto(digest(ByteString.EMPTY)));
  }

  @Test
  void anAnswerAboutManyTinyBlobsFitsIntoAMessageOrIsRefused() {
    BatchReadBlobsRequest absent = readOfAbsent(15_000);
    BatchReadBlobsResponse answer = cas.storage().batchReadBlobs(absent);
    assertThat(answer.getSerializedSize()).isLessThan(2 * 1024 * 1024);
    assertThat(answer.getResponsesList())
        .hasSize(15_000)
        .allMatch(item -> item.getStatus().getCode() == Code.NOT_FOUND_VALUE);
    assertThat(answer.getResponses(0).getStatus().getMessage()).contains("is not in the store");
    BatchReadBlobsRequest tooMany = readOfAbsent(40_000);
    refusedNaming("digests", () -> cas.storage().batchReadBlobs(tooMany));
  }

  private static BatchReadBlobsRequest readOfAbsent(int count) {
    BatchReadBlobsRequest.Builder request =
        BatchReadBlobsRequest.newBuilder().setInstanceName(Cas.INSTANCE.value());
    for (int i = 0; i < count; i++) {
      request.addDigestsBuilder().setHash("%064x".formatted(i)).setSizeBytes(1);
    }
    return request.build();
  }

  @Test
  void theAnswerToTensOfThousandsOfRefusedBlobsIsHardlyLargerThanTheRequest() {
    BatchUpdateBlobsRequest.Builder request = update();
    for (int i = 0; i < 40_000; i++) {
      request
          .addRequestsBuilder()
          .setData(ByteString.copyFromUtf8("x"))
          .getDigestBuilder()
          .setHash("%064x".formatted(i))
          .setSizeBytes(1);
    }
    BatchUpdateBlobsRequest built = request.build();
    BatchUpdateBlobsResponse answer = cas.storage().batchUpdateBlobs(built);
    assertThat(answer.getSerializedSize()).isLessThan(built.getSerializedSize() + 200_000);
    assertThat(answer.getResponsesList())
        .allMatch(item -> item.getStatus().getCode() == Code.INVALID_ARGUMENT_VALUE);
    assertThat(answer.getResponses(0).getStatus().getMessage()).contains("content of");
  }

  @ParameterizedTest
  @EnumSource(value = DigestFunction.class, mode = EnumSource.Mode.EXCLUDE, names = "MD5")
  void batchesWorkWithEveryEnabledFunction(DigestFunction function) {
    Digest digest = function.digestOf(other.toByteArray());
    Status status =
        cas.storage()
            .batchUpdateBlobs(
                update(item(digest, other)).setDigestFunction(Digests.toProto(function)).build())
            .getResponses(0)
            .getStatus();
    assertThat(status.getCode()).as(status.getMessage()).isZero();
    assertThat(cas.read(Cas.blob(digest), 0, 0)).isEqualTo(other);
  }

  private static FindMissingBlobsRequest.Builder find() {
    return FindMissingBlobsRequest.newBuilder().setInstanceName(Cas.INSTANCE.value());
  }

  private List<Digest> findMissing(Digest... digests) {
    FindMissingBlobsRequest.Builder request = find();
    List.of(digests).forEach(digest -> request.addBlobDigests(Digests.toProto(digest)));
    return cas.storage().findMissingBlobs(request.build()).getMissingBlobDigestsList().stream()
        .map(digest -> Digests.fromProto(digest, DigestFunction.SHA256, "answer"))
        .toList();
  }

  private static BatchUpdateBlobsRequest.Request.Builder item(Digest digest, ByteString data) {
    return BatchUpdateBlobsRequest.Request.newBuilder()
        .setDigest(Digests.toProto(digest))
        .setData(data);
  }

  private static BatchUpdateBlobsRequest.Builder update(
      BatchUpdateBlobsRequest.Request.Builder... items) {
    BatchUpdateBlobsRequest.Builder request =
        BatchUpdateBlobsRequest.newBuilder().setInstanceName(Cas.INSTANCE.value());
    List.of(items).forEach(request::addRequests);
    return request;
  }

  private List<BatchReadBlobsResponse.Response> read(Digest... digests) {
    BatchReadBlobsRequest.Builder request =
        BatchReadBlobsRequest.newBuilder().setInstanceName(Cas.INSTANCE.value());
    List.of(digests).forEach(digest -> request.addDigests(Digests.toProto(digest)));
    return cas.storage().batchReadBlobs(request.build()).getResponsesList();
  }

  private static void refusedNaming(
      String field, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    fails(INVALID_ARGUMENT, call);
    assertThatThrownBy(call).hasMessageContaining(": " + field);
  }
}
