package dev.millrace.compression;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.aayushatharva.brotli4j.decoder.Decoder;
import com.aayushatharva.brotli4j.encoder.Encoder;
import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What every format does alike. */
final class CompressionFormatTest {

  private static final int[] SIZES = {0, 1, 1000, 131_072, 131_073, 3_000_001};

  @ParameterizedTest
  @EnumSource
  void allFormatsAreThereOnTheMachinesThatWeBuildFor(CompressionFormat format) {
    assertThat(format.isAvailable()).isTrue();
  }

  @ParameterizedTest
  @EnumSource
  void whatIsCompressedIsDecompressedAgain(CompressionFormat format) {
    for (int size : SIZES) {
      for (byte[] plain : new byte[][] {random(size), new byte[size]}) {
        assertThat(decompress(format, compress(format, plain, 100_000), 1 << 20)).isEqualTo(plain);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void bytesMayComeOneByOne(CompressionFormat format) {
    byte[] plain = random(5000);
    assertThat(decompress(format, compress(format, plain, 1), 1)).isEqualTo(plain);
  }

  @ParameterizedTest
  @EnumSource
  void aStreamThatEndsTooEarlyIsRefused(CompressionFormat format) {
    byte[] compressed = compress(format, random(300_000), 100_000);
    for (int length : new int[] {0, 1, 5, 1000, compressed.length - 1}) {
      assertThatThrownBy(() -> decompress(format, Arrays.copyOf(compressed, length), 1 << 20))
          .as("%d bytes", length)
          .isInstanceOf(MalformedDataException.class);
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatFollowsTheStreamIsRefused(CompressionFormat format) {
    byte[] compressed = compress(format, random(1000), 1000);
    byte[] longer = Arrays.copyOf(compressed, compressed.length + 100);
    for (int step : new int[] {1 << 20, 1, compressed.length}) {
      assertThatThrownBy(() -> decompress(format, longer, step))
          .as("step %d", step)
          .isInstanceOf(MalformedDataException.class);
    }
  }

  @ParameterizedTest
  @EnumSource
  void damageIsRefusedOrYieldsOtherBytesButNeverHangs(CompressionFormat format) {
    byte[] plain = random(50_000);
    Arrays.fill(plain, 10_000, 30_000, (byte) 'x');
    byte[] compressed = compress(format, plain, 50_000);
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    for (int round = 0; round < 200; round++) {
      byte[] damaged = compressed.clone();
      damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
      try {
        assertThat(decompress(format, damaged, 1 << 20)).isNotNull();
      } catch (MalformedDataException refused) {
        assertThat(refused).hasMessageContaining("stream");
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aSmallStreamThatYieldsMuchArrivesInSmallPiecesAndCanBeCutOff(CompressionFormat format) {
    byte[] bomb = compress(format, new byte[50_000_000], 1 << 20);
    assertThat(bomb.length).isLessThan(300_000);
    AtomicLong taken = new AtomicLong();
    Codec.Sink sink =
        piece -> {
          assertThat(piece.remaining()).isLessThanOrEqualTo(128 * 1024);
          if (taken.addAndGet(piece.remaining()) > 1_000_000) {
            throw new IllegalStateException("enough");
          }
        };
    try (Codec decompressor = format.decompressor(sink)) {
      assertThatThrownBy(() -> decompressor.write(ByteBuffer.wrap(bomb))).hasMessage("enough");
    }
    assertThat(taken.get()).isLessThan(1_200_000);
  }

  @Test
  void deflateIsRawAndNotFramed() throws DataFormatException {
    byte[] plain = random(10_000);
    byte[] compressed = compress(CompressionFormat.DEFLATE, plain, 10_000);
    Inflater inflater = new Inflater(/* nowrap= */ true);
    inflater.setInput(compressed);
    byte[] inflated = new byte[20_000];
    assertThat(inflater.inflate(inflated)).isEqualTo(10_000);
    assertThat(inflated).startsWith(plain);
    inflater.end();
    byte[] zlib = {0x78, (byte) 0x9c, 0x03, 0x00, 0x00, 0x00, 0x00, 0x01};
    assertThatThrownBy(() -> decompress(CompressionFormat.DEFLATE, zlib, 100))
        .isInstanceOf(MalformedDataException.class);
  }

  @Test
  void brotliIsUnderstoodByOthers() throws IOException {
    byte[] plain = random(10_000);
    assertThat(
            Decoder.decompress(compress(CompressionFormat.BROTLI, plain, 100))
                .getDecompressedData())
        .isEqualTo(plain);
  }

  @Test
  void brotliThatWantsALargeWindowIsRefused() throws IOException {
    byte[] plain = random(100_000);
    for (int log = 10; log <= 24; log++) {
      byte[] compressed =
          Encoder.compress(plain, new Encoder.Parameters().setQuality(5).setWindow(log));
      if (log <= 23) {
        assertThat(decompress(CompressionFormat.BROTLI, compressed, 1000)).isEqualTo(plain);
      } else {
        assertThatThrownBy(() -> decompress(CompressionFormat.BROTLI, compressed, 1000))
            .isInstanceOf(MalformedDataException.class)
            .hasMessageContaining("2^24");
      }
    }
  }

  private static byte[] compress(CompressionFormat format, byte[] plain, int step) {
    ByteString.Output out = ByteString.newOutput();
    try (Codec compressor = format.compressor(piece -> add(out, piece))) {
      feed(compressor, plain, step);
    }
    return out.toByteString().toByteArray();
  }

  private static byte[] decompress(CompressionFormat format, byte[] compressed, int step) {
    ByteString.Output out = ByteString.newOutput();
    try (Codec decompressor = format.decompressor(piece -> add(out, piece))) {
      feed(decompressor, compressed, step);
    }
    return out.toByteString().toByteArray();
  }

  private static void feed(Codec codec, byte[] bytes, int step) {
    for (int at = 0; at < bytes.length; at += step) {
      codec.write(ByteBuffer.wrap(bytes, at, Math.min(step, bytes.length - at)).asReadOnlyBuffer());
    }
    codec.finish();
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
