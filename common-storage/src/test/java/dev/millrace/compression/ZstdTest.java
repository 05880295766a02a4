package dev.millrace.compression;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ZstdTest {

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 1000, 65_536, 131_072, 131_073, 262_144, 3_000_001, 20_000_000})
  void whatIsCompressedIsDecompressedAgain(int size) {
    for (byte[] plain : new byte[][] {random(size), new byte[size]}) {
      byte[] compressed = compress(plain);
      assertThat(Zstd.decompress(compressed, Math.max(1, size))).hasSize(size).isEqualTo(plain);
      assertThat(decompress(compressed, 1 << 20)).isEqualTo(plain);
      assertThat(decompress(Zstd.compress(plain, 3), 1 << 20)).isEqualTo(plain);
    }
  }

  @Test
  void bytesMayArriveOneByOne() {
    byte[] plain = random(5000);
    assertThat(decompress(compress(plain), 1)).isEqualTo(plain);
  }

  @Test
  void severalFramesInARowAreOneStream() {
    byte[] plain = random(300_000);
    ByteString frames =
        ByteString.copyFrom(compress(Arrays.copyOf(plain, 100_000)))
            .concat(ByteString.copyFrom(compress(Arrays.copyOfRange(plain, 100_000, 300_000))));
    assertThat(decompress(frames.toByteArray(), 777)).isEqualTo(plain);
  }

  @Test
  void aStreamThatEndsWithinAFrameIsRefused() {
    byte[] compressed = compress(random(300_000));
    for (int length : new int[] {0, 1, 5, 1000, compressed.length - 1}) {
      assertThatThrownBy(() -> decompress(Arrays.copyOf(compressed, length), 1 << 20))
          .as("%d bytes", length)
          .isInstanceOf(MalformedDataException.class);
    }
  }

  @Test
  void whatIsNoZstdIsRefused() {
    assertThatThrownBy(() -> decompress(random(1000), 1 << 20))
        .isInstanceOf(MalformedDataException.class);
    ByteString trailing =
        ByteString.copyFrom(compress(random(10))).concat(ByteString.copyFrom(random(100)));
    assertThatThrownBy(() -> decompress(trailing.toByteArray(), 1 << 20))
        .isInstanceOf(MalformedDataException.class);
  }

  @Test
  void aFrameThatWantsALargeWindowIsRefused() {
    byte[] plain = random(20_000_000);
    try (ZstdCompressCtx context = new ZstdCompressCtx()) {
      context.setLong(27);
      byte[] compressed = context.compress(plain);
      assertThatThrownBy(() -> decompress(compressed, 1 << 20))
          .isInstanceOf(MalformedDataException.class);
    }
  }

  @Test
  void aSmallStreamThatYieldsMuchArrivesInSmallPiecesAndCanBeCutOff() {
    byte[] bomb = compress(new byte[200_000_000]);
    assertThat(bomb.length).isLessThan(100_000);
    AtomicLong taken = new AtomicLong();
    Codec.Sink sink =
        piece -> {
          assertThat(piece.remaining()).isLessThanOrEqualTo(128 * 1024);
          if (taken.addAndGet(piece.remaining()) > 1_000_000) {
            throw new IllegalStateException("enough");
          }
        };
    try (ZstdDecompressor decompressor = new ZstdDecompressor(sink)) {
      assertThatThrownBy(() -> decompressor.write(ByteBuffer.wrap(bomb))).hasMessage("enough");
    }
    assertThat(taken.get()).isLessThan(1_200_000);
  }

  private static byte[] compress(byte[] plain) {
    ByteString.Output out = ByteString.newOutput();
    try (ZstdCompressor compressor = new ZstdCompressor(piece -> add(out, piece))) {
      compressor.write(ByteBuffer.wrap(plain));
      compressor.finish();
    }
    return out.toByteString().toByteArray();
  }

  private static byte[] decompress(byte[] compressed, int step) {
    ByteString.Output out = ByteString.newOutput();
    try (ZstdDecompressor decompressor = new ZstdDecompressor(piece -> add(out, piece))) {
      for (int at = 0; at < compressed.length; at += step) {
        decompressor.write(
            ByteBuffer.wrap(compressed, at, Math.min(step, compressed.length - at))
                .asReadOnlyBuffer());
      }
      decompressor.finish();
    }
    return out.toByteString().toByteArray();
  }

  private static void add(ByteString.Output out, ByteBuffer piece) {
    byte[] bytes = new byte[piece.remaining()];
    piece.get(bytes);
    out.write(bytes, 0, bytes.length);
  }

  private static byte[] random(int size) {
    byte[] bytes = new byte[size];
    new SplittableRandom(42).nextBytes(bytes);
    return bytes;
  }
}
