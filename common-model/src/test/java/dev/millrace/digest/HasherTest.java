package dev.millrace.digest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every function against published vectors, and in every way to feed it. */
class HasherTest {

  /** FIPS 180's and RFC 1321's examples. */
  @ParameterizedTest
  @CsvSource({
    "MD5, '', d41d8cd98f00b204e9800998ecf8427e",
    "MD5, abc, 900150983cd24fb0d6963f7d28e17f72",
    "SHA1, '', da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "SHA1, abc, a9993e364706816aba3e25717850c26c9cd0d89d",
    "SHA256, '', e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "SHA256, abc, ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    "SHA384, '', 38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da"
        + "274edebfe76f65fbd51ad2f14898b95b",
    "SHA384, abc, cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
        + "8086072ba1e7cc2358baeca134c825a7",
    "SHA512, '', cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
        + "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
    "SHA512, abc, ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
    "SHA256TREE, '', e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "SHA256TREE, abc, ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    "BLAKE3, '', af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262",
    "BLAKE3, abc, 6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85",
  })
  void hashesPublishedExamples(DigestFunction function, String text, String hash) {
    assertThat(function.digestOf(text.getBytes(StandardCharsets.US_ASCII)).hash()).isEqualTo(hash);
  }

  /** What {@code git hash-object} prints. */
  @ParameterizedTest
  @CsvSource({
    "'', e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
    "abc, f2ba8f84ab5c1bce84a7b441cb1959cfc7093b7f",
    "'hello\n', ce013625030ba8dba906f756967f9e9ca394464a",
    "'test content\n', d670460b4b4aece5915caf5c68d12f560a9fe3e4",
    "'what is up, doc?', bd9dbf5aae1a3862dd1526723246b20206e5fc37",
  })
  void gitsha1IsGitsObjectIdOfABlob(String text, String hash) {
    byte[] blob = text.getBytes(StandardCharsets.US_ASCII);
    assertThat(DigestFunction.GITSHA1.digestOf(blob).hash()).isEqualTo(hash);
  }

  static Stream<Arguments> vectors() {
    return Stream.concat(
        vectors(DigestFunction.SHA256TREE, "sha256tree.txt"),
        vectors(DigestFunction.BLAKE3, "blake3.txt"));
  }

  private static Stream<Arguments> vectors(DigestFunction function, String resource) {
    try (InputStream in = HasherTest.class.getResourceAsStream(resource)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.startsWith("#"))
          .map(line -> line.split("\t"))
          .map(columns -> Arguments.of(function, Integer.parseInt(columns[0]), columns[1]));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @ParameterizedTest
  @MethodSource("vectors")
  void hashesVectorsFedWhole(DigestFunction function, int size, String hash) {
    assertThat(function.digestOf(repeatingSequence(size)))
        .isEqualTo(new Digest(function, hash, size));
  }

  @ParameterizedTest
  @MethodSource("vectors")
  void hashesVectorsFedByteByByte(DigestFunction function, int size, String hash) {
    Hasher hasher = function.newHasher(size);
    for (byte b : repeatingSequence(size)) {
      hasher.update(new byte[] {b}, 0, 1);
    }
    assertThat(hasher.hash()).isEqualTo(hash);
  }

  @ParameterizedTest
  @MethodSource("vectors")
  void hashesVectorsFedAsOneDirectBuffer(DigestFunction function, int size, String hash) {
    ByteBuffer direct = ByteBuffer.allocateDirect(size).put(repeatingSequence(size)).flip();
    Hasher hasher = function.newHasher(size);
    hasher.update(direct);
    assertThat(hasher.hash()).isEqualTo(hash);
    assertThat(direct.hasRemaining()).isFalse();
  }

  @Property(tries = 400)
  void splittingTheContentChangesNothing(
      @ForAll DigestFunction function,
      @ForAll @IntRange(max = 200_000) int size,
      @ForAll long seed) {
    byte[] blob = repeatingSequence(size);
    Hasher hasher = function.newHasher(size);
    Random random = new Random(seed);
    int longest = 1 + random.nextInt(70_000);
    for (int at = 0; at < size; ) {
      int n = Math.min(random.nextInt(longest + 1), size - at);
      feed(hasher, blob, at, n, random.nextInt(5));
      at += n;
    }
    assertThat(hasher.hash()).isEqualTo(function.digestOf(blob).hash());
  }

  private static void feed(Hasher hasher, byte[] blob, int offset, int length, int kind) {
    switch (kind) {
      case 0 -> hasher.update(blob, offset, length);
      case 1 -> consume(hasher, ByteBuffer.wrap(blob, offset, length));
      case 2 -> consume(hasher, ByteBuffer.wrap(blob, offset, length).slice());
      case 3 -> consume(hasher, ByteBuffer.wrap(blob, offset, length).asReadOnlyBuffer());
      case 4 -> consume(hasher, ByteBuffer.allocateDirect(length).put(blob, offset, length).flip());
      default -> throw new AssertionError(kind);
    }
  }

  private static void consume(Hasher hasher, ByteBuffer buffer) {
    int limit = buffer.limit();
    hasher.update(buffer);
    assertThat(buffer.position()).isEqualTo(limit);
    assertThat(buffer.limit()).isEqualTo(limit);
  }

  @ParameterizedTest
  @CsvSource({"0", "1", "1024", "100000"})
  void oneChangedBitChangesEveryHash(int before) {
    byte[] blob = repeatingSequence(before + 3000);
    byte[] changed = blob.clone();
    changed[before] ^= 1;
    assertThat(DigestFunction.values())
        .allSatisfy(function ->
            assertThat(function.digestOf(changed)).isNotEqualTo(function.digestOf(blob)));
  }

  private static byte[] repeatingSequence(int size) {
    byte[] bytes = new byte[size];
    IntStream.range(0, size).forEach(i -> bytes[i] = (byte) (i % 251));
    return bytes;
  }
}
