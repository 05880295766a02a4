package dev.millrace.cas.api;

import static dev.millrace.cas.api.Cas.INSTANCE;
import static dev.millrace.cas.api.Cas.fails;
import static io.grpc.Status.Code.INVALID_ARGUMENT;
import static io.grpc.Status.Code.NOT_FOUND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import build.bazel.remote.execution.v2.ChunkingFunction;
import build.bazel.remote.execution.v2.GetCapabilitiesRequest;
import build.bazel.remote.execution.v2.SpliceBlobRequest;
import build.bazel.remote.execution.v2.SplitBlobRequest;
import build.bazel.remote.execution.v2.SplitBlobResponse;
import com.google.protobuf.ByteString;
import dev.millrace.blobstore.Blobs;
import dev.millrace.cas.backend.BackendKind;
import dev.millrace.cas.backend.OnEveryBackend;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.digest.wire.Digests;
import dev.millrace.instance.InstanceName;
import dev.millrace.testing.RandomBlobs;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is promised of SplitBlob and SpliceBlob. */
@OnEveryBackend
final class SplitAndSpliceTest {

  private final RandomBlobs random = RandomBlobs.seeded();
  private final Cas cas;

  SplitAndSpliceTest(BackendKind kind) {
    cas = new Cas(kind.make());
  }

  @AfterEach
  void close() throws InterruptedException {
    cas.close();
  }

  @Test
  void capabilitiesTellTheParametersOfBothFunctions() {
    var cache =
        cas.capabilities()
            .getCapabilities(GetCapabilitiesRequest.getDefaultInstance())
            .getCacheCapabilities();
    assertThat(cache.getSplitBlobSupport()).isTrue();
    assertThat(cache.getSpliceBlobSupport()).isTrue();
    assertThat(cache.getFastCdc2020Params().getAvgChunkSizeBytes()).isEqualTo(512 * 1024);
    assertThat(cache.getFastCdc2020Params().getSeed()).isZero();
    assertThat(cache.getRepMaxCdcParams().getMinChunkSizeBytes()).isEqualTo(256 * 1024);
    assertThat(cache.getRepMaxCdcParams().getHorizonSizeBytes()).isEqualTo(8 * 256 * 1024);
  }

  @ParameterizedTest
  @EnumSource(
      value = ChunkingFunction.Value.class,
      names = {"FAST_CDC_2020", "REP_MAX_CDC"})
  void aSplitBlobsChunksAreOrdinaryBlobsThatMakeItUp(ChunkingFunction.Value function) {
    ByteString blob = random.next(6_000_000);
    SplitBlobResponse split = split(cas.put(blob), function);
    assertThat(split.getChunkingFunction()).isEqualTo(function);
    assertThat(split.getChunkDigestsCount()).isGreaterThan(2);
    assertThat(join(digests(split))).isEqualTo(blob);
  }

  @Test
  void equalChunksAreRepeated() {
    ByteString blob = ByteString.copyFrom(new byte[10_000_000]);
    SplitBlobResponse split = split(cas.put(blob), ChunkingFunction.Value.FAST_CDC_2020);
    assertThat(split.getChunkDigestsList().stream().distinct().count())
        .isLessThan(split.getChunkDigestsCount());
    assertThat(join(digests(split))).isEqualTo(blob);
  }

  @Test
  void theServerChoosesIfTheClientDoesNotMind() {
    SplitBlobResponse split =
        split(cas.put(random.next(3_000_000)), ChunkingFunction.Value.UNKNOWN);
    assertThat(split.getChunkingFunction()).isEqualTo(ChunkingFunction.Value.FAST_CDC_2020);
  }

  @Test
  void aSmallBlobIsItsOnlyChunkAndTheEmptyOneHasNone() {
    Digest small = cas.put(random.next(1000));
    assertThat(digests(split(small, ChunkingFunction.Value.REP_MAX_CDC))).containsExactly(small);
    Digest empty = Cas.digest(ByteString.EMPTY);
    assertThat(digests(split(empty, ChunkingFunction.Value.FAST_CDC_2020))).isEmpty();
    splice(empty, List.of());
  }

  @Test
  void splittingWhatIsNotThereIsNotFound() {
    Digest absent = Cas.digest(random.next(10));
    fails(NOT_FOUND, () -> split(absent, ChunkingFunction.Value.UNKNOWN));
  }

  @Test
  void aFunctionThatNobodyKnowsIsRefused() {
    Digest blob = cas.put(random.next(10));
    fails(
        INVALID_ARGUMENT,
        () ->
            cas.storage()
                .splitBlob(
                    SplitBlobRequest.newBuilder()
                        .setInstanceName(INSTANCE.value())
                        .setBlobDigest(Digests.toProto(blob))
                        .setChunkingFunctionValue(17)
                        .build()));
    fails(INVALID_ARGUMENT, () -> cas.storage().splitBlob(SplitBlobRequest.getDefaultInstance()));
    fails(INVALID_ARGUMENT, () -> cas.storage().spliceBlob(SpliceBlobRequest.getDefaultInstance()));
  }

  @Test
  void chunksAreSplicedIntoABlob() {
    ByteString blob = random.next(700_000);
    Digest digest = Cas.digest(blob);
    splice(digest, putParts(blob, 100_000));
    assertThat(cas.read(Cas.blob(digest), 0, 0)).isEqualTo(blob);
  }

  @ParameterizedTest
  @EnumSource(names = {"SHA256", "BLAKE3", "GITSHA1", "SHA256TREE", "SHA512"})
  void everyDigestFunctionIsServed(DigestFunction function) {
    ByteString first = random.next(10);
    ByteString second = random.next(20);
    Digest digest = function.digestOf(first.concat(second).toByteArray());
    SpliceBlobRequest.Builder request =
        SpliceBlobRequest.newBuilder()
            .setInstanceName(INSTANCE.value())
            .setDigestFunction(Digests.toProto(function))
            .setBlobDigest(Digests.toProto(digest));
    for (ByteString part : List.of(first, second)) {
      request.addChunkDigests(Digests.toProto(Blobs.write(cas.store, INSTANCE, function, part)));
    }
    assertThat(cas.storage().spliceBlob(request.build()).getBlobDigest())
        .isEqualTo(Digests.toProto(digest));
    SplitBlobResponse split =
        cas.storage()
            .splitBlob(
                SplitBlobRequest.newBuilder()
                    .setInstanceName(INSTANCE.value())
                    .setDigestFunction(Digests.toProto(function))
                    .setBlobDigest(Digests.toProto(digest))
                    .build());
    assertThat(split.getChunkDigestsList()).isEqualTo(request.getChunkDigestsList());
  }

  @Test
  void aSpliceIsRememberedUnderTheFunctionThatItWasSaidToBeOf() {
    // Smaller than any chunk that FastCDC would cut off.
    ByteString blob = random.next(100_000);
    Digest digest = Cas.digest(blob);
    List<Digest> parts = putParts(blob, 40_000);
    splice(digest, parts, ChunkingFunction.Value.REP_MAX_CDC);
    assertThat(digests(split(digest, ChunkingFunction.Value.REP_MAX_CDC))).isEqualTo(parts);
    SplitBlobResponse any = split(digest, ChunkingFunction.Value.UNKNOWN);
    assertThat(digests(any)).isEqualTo(parts);
    assertThat(any.getChunkingFunction()).isEqualTo(ChunkingFunction.Value.REP_MAX_CDC);
    assertThat(digests(split(digest, ChunkingFunction.Value.FAST_CDC_2020)))
        .containsExactly(digest);
  }

  @Test
  void aRememberedSplitIsMadeAnewWhenAChunkIsGone() {
    ByteString blob = random.next(6_000_000);
    Digest digest = cas.put(blob);
    List<Digest> chunks = digests(split(digest, ChunkingFunction.Value.FAST_CDC_2020));
    cas.drop(chunks.get(1));
    assertThat(digests(split(digest, ChunkingFunction.Value.FAST_CDC_2020))).isEqualTo(chunks);
    assertThat(join(chunks)).isEqualTo(blob);
  }

  @Test
  void aRememberedSplitOfABlobThatIsGoneIsNotFound() {
    Digest digest = cas.put(random.next(3_000_000));
    split(digest, ChunkingFunction.Value.FAST_CDC_2020);
    cas.drop(digest);
    fails(NOT_FOUND, () -> split(digest, ChunkingFunction.Value.FAST_CDC_2020));
  }

  @Test
  void anAbsentChunkIsNotFoundAndNamed() {
    ByteString blob = random.next(300_000);
    List<Digest> parts =
        List.of(
            cas.put(blob.substring(0, 100_000)),
            Cas.digest(blob.substring(100_000, 200_000)),
            cas.put(blob.substring(200_000)));
    Digest digest = Cas.digest(blob);
    fails(NOT_FOUND, () -> splice(digest, parts));
    assertThatThrownBy(() -> splice(digest, parts)).hasMessageContaining(parts.get(1).hash());
    assertThat(cas.has(digest)).isFalse();
  }

  @Test
  void anotherInstancesChunksAreAbsent() {
    ByteString part = random.next(100);
    Digest chunk = Blobs.write(cas.store, new InstanceName("another"), DigestFunction.SHA256, part);
    fails(NOT_FOUND, () -> splice(Cas.digest(part.concat(part)), List.of(chunk, chunk)));
  }

  @Test
  void sizesThatDoNotAddUpAreRefused() {
    ByteString blob = random.next(300_000);
    List<Digest> parts = putParts(blob, 100_000);
    Digest digest = Cas.digest(blob);
    fails(INVALID_ARGUMENT, () -> splice(digest, parts.subList(0, 2)));
    List<Digest> more = new ArrayList<>(parts);
    more.add(parts.getFirst());
    fails(INVALID_ARGUMENT, () -> splice(digest, more));
    Digest immense = new Digest(DigestFunction.SHA256, "a".repeat(64), Long.MAX_VALUE);
    fails(INVALID_ARGUMENT, () -> splice(digest, Collections.nCopies(3, immense)));
    fails(INVALID_ARGUMENT, () -> splice(immense, Collections.nCopies(2, immense)));
    assertThat(cas.has(digest)).isFalse();
  }

  @Test
  void chunksThatMakeUpSomethingElseAreRefusedAndNothingIsVisible() {
    ByteString blob = random.next(300_000);
    List<Digest> parts = putParts(blob, 100_000);
    Digest digest = Cas.digest(blob);
    fails(INVALID_ARGUMENT, () -> splice(digest, parts.reversed()));
    assertThat(cas.has(digest)).isFalse();
    splice(digest, parts);
    assertThat(cas.has(digest)).isTrue();
  }

  @Test
  void whatIsThereAlreadyIsNotJoinedAgainAndAFalseClaimIsNotRemembered() {
    ByteString blob = random.next(300_000);
    List<Digest> parts = putParts(blob, 100_000);
    Digest digest = cas.put(blob);
    splice(digest, parts.reversed(), ChunkingFunction.Value.FAST_CDC_2020);
    assertThat(join(digests(split(digest, ChunkingFunction.Value.FAST_CDC_2020)))).isEqualTo(blob);
  }

  private SplitBlobResponse split(Digest blob, ChunkingFunction.Value function) {
    return cas.storage()
        .splitBlob(
            SplitBlobRequest.newBuilder()
                .setInstanceName(INSTANCE.value())
                .setBlobDigest(Digests.toProto(blob))
                .setChunkingFunction(function)
                .build());
  }

  private void splice(Digest blob, List<Digest> chunks) {
    splice(blob, chunks, ChunkingFunction.Value.UNKNOWN);
  }

  private void splice(Digest blob, List<Digest> chunks, ChunkingFunction.Value function) {
    var response =
        cas.storage()
            .spliceBlob(
                SpliceBlobRequest.newBuilder()
                    .setInstanceName(INSTANCE.value())
                    .setBlobDigest(Digests.toProto(blob))
                    .addAllChunkDigests(chunks.stream().map(Digests::toProto).toList())
                    .setChunkingFunction(function)
                    .build());
    assertThat(response.getBlobDigest()).isEqualTo(Digests.toProto(blob));
  }

  private List<Digest> putParts(ByteString blob, int size) {
    List<Digest> parts = new ArrayList<>();
    for (int at = 0; at < blob.size(); at += size) {
      parts.add(cas.put(blob.substring(at, Math.min(at + size, blob.size()))));
    }
    return parts;
  }

  private static List<Digest> digests(SplitBlobResponse split) {
    return Digests.fromProto(split.getChunkDigestsList(), DigestFunction.SHA256, "chunk_digests");
  }

  private ByteString join(List<Digest> chunks) {
    return ByteString.copyFrom(
        chunks.stream().map(chunk -> cas.read(Cas.blob(chunk), 0, 0)).toList());
  }
}
