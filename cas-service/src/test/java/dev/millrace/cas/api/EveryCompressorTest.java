package dev.millrace.cas.api;

import static dev.millrace.cas.api.Cas.INSTANCE;
import static dev.millrace.cas.api.Cas.digest;
import static dev.millrace.cas.api.Cas.fails;
import static io.grpc.Status.Code.INVALID_ARGUMENT;
import static org.assertj.core.api.Assertions.assertThat;

import build.bazel.remote.execution.v2.BatchReadBlobsRequest;
import build.bazel.remote.execution.v2.BatchUpdateBlobsRequest;
import build.bazel.remote.execution.v2.GetCapabilitiesRequest;
import com.google.protobuf.ByteString;
import com.google.rpc.Code;
import dev.millrace.cas.backend.BackendKind;
import dev.millrace.cas.backend.OnEveryBackend;
import dev.millrace.compression.Codec;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.digest.wire.Digests;
import dev.millrace.resourcename.Compressor;
import dev.millrace.testing.RandomBlobs;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is promised of compressors, for each of them; CompressedBlobsTest has the rest. */
@OnEveryBackend
final class EveryCompressorTest {

  private final RandomBlobs random = RandomBlobs.seeded();
  private final Cas cas;
  private final ByteString blob =
      random.next(150_000).concat(ByteString.copyFrom(new byte[50_000]));
  private final Digest digest = digest(blob);

  EveryCompressorTest(BackendKind kind) {
    cas = new Cas(kind.make());
  }

  @AfterEach
  void close() throws InterruptedException {
    cas.close();
  }

  @ParameterizedTest
  @EnumSource(names = "IDENTITY", mode = EnumSource.Mode.EXCLUDE)
  void capabilitiesNameIt(Compressor compressor) {
    var cache =
        cas.capabilities()
            .getCapabilities(GetCapabilitiesRequest.getDefaultInstance())
            .getCacheCapabilities();
    assertThat(cache.getSupportedCompressorsValueList()).contains(compressor.number());
    assertThat(cache.getSupportedBatchUpdateCompressorsValueList()).contains(compressor.number());
  }

  @ParameterizedTest
  @EnumSource(names = "IDENTITY", mode = EnumSource.Mode.EXCLUDE)
  void aBlobIsWrittenCompressed(Compressor compressor) {
    ByteString data = compress(compressor, blob);
    String name = upload(compressor, digest);
    WriteClient write = cas.write().send(name, 0, data.substring(0, 1000));
    write.send("", 1000, data.substring(1000), true);
    assertThat(write.committed()).isEqualTo(data.size());
    assertThat(cas.read(Cas.blob(digest), 0, 0)).isEqualTo(blob);
    assertThat(cas.write().send(name, 0, data).answered()).isEqualTo(-1);
  }

  @ParameterizedTest
  @EnumSource(names = "IDENTITY", mode = EnumSource.Mode.EXCLUDE)
  void aBlobIsReadCompressedFromAnOffsetInItsOwnBytes(Compressor compressor) {
    cas.put(blob);
    String name = INSTANCE.prefix() + "compressed-blobs/" + compressor.segment() + "/" + digest;
    for (int offset : new int[] {0, 1, 131_072, 199_999, 200_000}) {
      assertThat(decompress(compressor, cas.read(name, offset, 0)))
          .isEqualTo(blob.substring(offset));
    }
    fails(INVALID_ARGUMENT, () -> cas.read(name, 0, 1));
  }

  @ParameterizedTest
  @EnumSource(names = "IDENTITY", mode = EnumSource.Mode.EXCLUDE)
  void whatIsNotTheWholeBlobCompressedIsRefusedAndNothingIsVisible(Compressor compressor) {
    ByteString data = compress(compressor, blob);
    for (ByteString sent :
        List.of(
            ByteString.EMPTY,
            data.substring(0, data.size() - 1),
            data.concat(ByteString.copyFromUtf8("trailing")),
            blob,
            compress(compressor, blob.substring(1)),
            compress(compressor, blob.concat(ByteString.copyFromUtf8("!"))),
            compress(compressor, random.next(200_000)),
            compress(compressor, ByteString.copyFrom(new byte[50_000_000])))) {
      fails(
          INVALID_ARGUMENT,
          () -> cas.write().send(upload(compressor, digest), 0, sent, true).committed());
      assertThat(cas.has(digest)).isFalse();
    }
  }

  @ParameterizedTest
  @EnumSource(names = "IDENTITY", mode = EnumSource.Mode.EXCLUDE)
  void aBatchTakesIt(Compressor compressor) {
    Digest tiny = new Digest(DigestFunction.SHA256, "a".repeat(64), 10);
    BatchUpdateBlobsRequest.Builder update =
        BatchUpdateBlobsRequest.newBuilder().setInstanceName(INSTANCE.value());
    update
        .addRequestsBuilder()
        .setDigest(Digests.toProto(digest))
        .setData(compress(compressor, blob))
        .setCompressorValue(compressor.number());
    update
        .addRequestsBuilder()
        .setDigest(Digests.toProto(tiny))
        .setData(compress(compressor, ByteString.copyFrom(new byte[50_000_000])))
        .setCompressorValue(compressor.number());
    assertThat(cas.storage().batchUpdateBlobs(update.build()).getResponsesList())
        .extracting(r -> Code.forNumber(r.getStatus().getCode()))
        .containsExactly(Code.OK, Code.INVALID_ARGUMENT);
    assertThat(cas.read(Cas.blob(digest), 0, 0)).isEqualTo(blob);
    assertThat(cas.has(tiny)).isFalse();
  }

  @ParameterizedTest
  @EnumSource(names = "IDENTITY", mode = EnumSource.Mode.EXCLUDE)
  void aBatchIsReadWithItIfThatIsAllThatTheCallerAccepts(Compressor compressor) {
    ByteString sparse = ByteString.copyFrom(new byte[10_000]);
    var item =
        cas.storage()
            .batchReadBlobs(
                BatchReadBlobsRequest.newBuilder()
                    .setInstanceName(INSTANCE.value())
                    .addDigests(Digests.toProto(cas.put(sparse)))
                    .addAcceptableCompressorsValue(77)
                    .addAcceptableCompressorsValue(compressor.number())
                    .build())
            .getResponses(0);
    assertThat(item.getCompressorValue()).isEqualTo(compressor.number());
    assertThat(decompress(compressor, item.getData())).isEqualTo(sparse);
  }

  private static ByteString compress(Compressor compressor, ByteString plain) {
    return through(ServedCompressors.format(compressor)::compressor, plain);
  }

  private static ByteString decompress(Compressor compressor, ByteString compressed) {
    return through(ServedCompressors.format(compressor)::decompressor, compressed);
  }

  private static ByteString through(Function<Codec.Sink, Codec> codecs, ByteString bytes) {
    ByteString.Output out = ByteString.newOutput();
    try (Codec codec =
        codecs.apply(piece -> {
          byte[] copy = new byte[piece.remaining()];
          piece.get(copy);
          out.write(copy, 0, copy.length);
        })) {
      codec.write(ByteBuffer.wrap(bytes.toByteArray()));
      codec.finish();
    }
    return out.toByteString();
  }

  private static String upload(Compressor compressor, Digest digest) {
    return INSTANCE.prefix()
        + "uploads/%s/compressed-blobs/%s/".formatted(UUID.randomUUID(), compressor.segment())
        + digest;
  }
}
