package dev.millrace.resourcename;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.failure.Failure.InvalidRequest;
import dev.millrace.instance.InstanceName;
import dev.millrace.resourcename.ResourceName.Blob;
import dev.millrace.resourcename.ResourceName.Log;
import dev.millrace.resourcename.ResourceName.Upload;
import java.util.Locale;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ResourceNameTest {

  private static final String UUID_TEXT = "1c6e0d5e-7a3b-4f0e-9d11-0a2b3c4d5e6f";
  private static final UUID ID = UUID.fromString(UUID_TEXT);
  private static final String HASH =
      "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
  private static final Digest SHA256 = new Digest(DigestFunction.SHA256, HASH, 42);
  private static final InstanceName TEAM = new InstanceName("team/project");

  private static String refusal(String name) {
    InvalidRequest[] thrown = new InvalidRequest[1];
    assertThatExceptionOfType(InvalidRequest.class)
        .as(name)
        .isThrownBy(() -> ResourceName.parse(name))
        .withMessageStartingWith("resource_name: ")
        .satisfies(e -> assertThat(e.field()).isEqualTo("resource_name"))
        .satisfies(e -> thrown[0] = e);
    return thrown[0].getMessage();
  }

  // Blobs

  @Test
  void blobsAreNamedWithAndWithoutInstance() {
    assertThat(ResourceName.parse("blobs/" + HASH + "/42"))
        .isEqualTo(new Blob(InstanceName.ROOT, Compressor.IDENTITY, SHA256));
    assertThat(ResourceName.parse("team/project/blobs/" + HASH + "/42"))
        .isEqualTo(new Blob(TEAM, Compressor.IDENTITY, SHA256));
  }

  @ParameterizedTest
  @CsvSource({"zstd, ZSTD", "deflate, DEFLATE", "brotli, BROTLI"})
  void compressedBlobsNameTheirCompressor(String segment, Compressor compressor) {
    assertThat(ResourceName.parse("compressed-blobs/" + segment + "/" + HASH + "/42"))
        .isEqualTo(new Blob(InstanceName.ROOT, compressor, SHA256));
    assertThat(ResourceName.parse("team/project/compressed-blobs/" + segment + "/" + HASH + "/42"))
        .isEqualTo(new Blob(TEAM, compressor, SHA256));
  }

  @ParameterizedTest
  @ValueSource(strings = {"identity", "gzip", "ZSTD", "", "zstd "})
  void otherCompressorsAreRefused(String segment) {
    assertThat(refusal("compressed-blobs/" + segment + "/" + HASH + "/42"))
        .contains("zstd, deflate or brotli");
    assertThat(refusal("uploads/" + UUID_TEXT + "/compressed-blobs/" + segment + "/" + HASH + "/4"))
        .contains("zstd, deflate or brotli");
  }

  @ParameterizedTest
  @EnumSource(DigestFunction.class)
  void everyFunctionIsNamedInItsOneWay(DigestFunction function) {
    Digest digest = new Digest(function, "a".repeat(function.hashLength()), 7);
    String bare = digest.hash() + "/7";
    boolean toldByLength =
        switch (function) {
          case SHA256, SHA1, MD5, SHA384, SHA512 -> true;
          case SHA256TREE, BLAKE3, GITSHA1 -> false;
        };
    String segment = function.name().toLowerCase(Locale.ROOT) + "/";
    String canonical = "blobs/" + (toldByLength ? bare : segment + bare);
    Blob blob = new Blob(InstanceName.ROOT, Compressor.IDENTITY, digest);
    assertThat(ResourceName.parse(canonical)).isEqualTo(blob).hasToString(canonical);
    if (toldByLength) {
      assertThat(refusal("blobs/" + segment + bare)).contains("function");
    } else {
      assertThat(ResourceName.parse("blobs/" + bare)).isNotEqualTo(blob);
    }
    assertThat(ResourceName.parse("compressed-blobs/zstd/" + canonical.substring(6)))
        .isEqualTo(new Blob(InstanceName.ROOT, Compressor.ZSTD, digest));
  }

  @ParameterizedTest
  @ValueSource(strings = {"murmur3", "vso", "BLAKE3", "Sha256tree", "gitsha256"})
  void otherFunctionsAreRefused(String segment) {
    assertThat(refusal("blobs/" + segment + "/" + HASH + "/42")).contains("'" + segment + "'");
  }

  @Test
  void aNamedFunctionNeedsAHashOfItsLength() {
    assertThat(refusal("blobs/gitsha1/" + HASH + "/42")).contains("GITSHA1 has 40");
    assertThat(refusal("blobs/blake3/" + "a".repeat(40) + "/42")).contains("BLAKE3 has 64");
    assertThat(refusal("blobs/blake3/blake3/42")).contains("BLAKE3 has 64");
  }

  @Test
  void hashesAreLowerCaseHexadecimalOfAKnownLength() {
    assertThat(refusal("blobs/" + HASH.toUpperCase(Locale.ROOT) + "/42")).contains("0-9 and a-f");
    assertThat(refusal("blobs/" + "g".repeat(64) + "/42")).contains("0-9 and a-f");
    assertThat(refusal("blobs/" + HASH + "a/42")).contains("neither a hash nor a function");
    assertThat(refusal("blobs//42")).contains("neither a hash nor a function");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "-1", "-0", "+1", "007", "00", "1.0", "1e3", "0x10", " 1", "1 ", "٣", "a"})
  void sizesAreCanonicalDecimals(String size) {
    assertThat(refusal("blobs/" + HASH + "/" + size)).contains("no valid size");
  }

  @Test
  void sizesReachTo63Bits() {
    assertThat(ResourceName.parse("blobs/" + HASH + "/0")).hasToString("blobs/" + HASH + "/0");
    assertThat(ResourceName.parse("blobs/" + HASH + "/9223372036854775807"))
        .hasToString("blobs/" + HASH + "/9223372036854775807");
    assertThat(refusal("blobs/" + HASH + "/9223372036854775808")).contains("2^63 - 1");
    assertThat(refusal("blobs/" + HASH + "/99999999999999999999")).contains("no valid size");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/x", "/x/y", "/blobs"})
  void nothingFollowsTheNameOfABlobToRead(String suffix) {
    assertThat(refusal("blobs/" + HASH + "/42" + suffix)).contains("goes on after its end");
    assertThat(refusal("compressed-blobs/zstd/" + HASH + "/42" + suffix))
        .contains("goes on after its end");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "blobs",
        "blobs/" + "0123",
        "compressed-blobs",
        "compressed-blobs/zstd",
        "uploads",
        "uploads/" + UUID_TEXT,
        "uploads/" + UUID_TEXT + "/blobs",
        "uploads/" + UUID_TEXT + "/compressed-blobs",
        "uploads/" + UUID_TEXT + "/compressed-blobs/zstd",
        "logstreams",
        "blobs/blake3",
        "team/blobs"
      })
  void aNameThatStopsHalfWayIsRefused(String name) {
    refusal(name);
  }

  // Uploads

  @Test
  void uploadsAreNamedWithAndWithoutInstance() {
    assertThat(ResourceName.parse("uploads/" + UUID_TEXT + "/blobs/" + HASH + "/42"))
        .isEqualTo(new Upload(InstanceName.ROOT, ID, Compressor.IDENTITY, SHA256));
    assertThat(
            ResourceName.parse(
                "team/project/uploads/" + UUID_TEXT + "/compressed-blobs/zstd/" + HASH + "/42"))
        .isEqualTo(new Upload(TEAM, ID, Compressor.ZSTD, SHA256));
    assertThat(
            ResourceName.parse(
                "uploads/" + UUID_TEXT + "/compressed-blobs/brotli/blake3/" + HASH + "/42"))
        .isEqualTo(
            new Upload(
                InstanceName.ROOT,
                ID,
                Compressor.BROTLI,
                new Digest(DigestFunction.BLAKE3, HASH, 42)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/name.o", "/a/b/c", "/blobs/x", "//", "/uploads"})
  void whatFollowsAnUploadsSizeIsIgnored(String suffix) {
    String name = "team/uploads/" + UUID_TEXT + "/blobs/" + HASH + "/42";
    assertThat(ResourceName.parse(name + suffix))
        .isEqualTo(ResourceName.parse(name))
        .hasToString(name);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "x",
        "1c6e0d5e7a3b4f0e9d110a2b3c4d5e6f",
        "1c6e0d5-7a3b-4f0e-9d11-0a2b3c4d5e6f0",
        "1c6e0d5e0-7a3-4f0e-9d11-0a2b3c4d5e6f",
        "+c6e0d5e-7a3b-4f0e-9d11-0a2b3c4d5e6f",
        "1c6e0d5e-7a3b-4f0e-9d11-0a2b3c4d5e6g",
        "1c6e0d5e-7a3b-4f0e-9d11-0a2b3c4d5e6",
        "{1c6e0d5e-7a3b-4f0e-9d11-0a2b3c4d5e6}"
      })
  void uploadIdsAreUuids(String id) {
    assertThat(refusal("uploads/" + id + "/blobs/" + HASH + "/42")).contains("UUID");
  }

  @Test
  void aUuidMayBeOfAnyVersionAndCase() {
    String upper = UUID_TEXT.toUpperCase(Locale.ROOT);
    assertThat(ResourceName.parse("uploads/" + upper + "/blobs/" + HASH + "/42"))
        .hasToString("uploads/" + UUID_TEXT + "/blobs/" + HASH + "/42");
    String nil = "uploads/00000000-0000-0000-0000-000000000000/blobs/" + HASH + "/42";
    assertThat(ResourceName.parse(nil)).hasToString(nil);
  }

  @Test
  void anUploadIsOfABlob() {
    assertThat(refusal("uploads/" + UUID_TEXT + "/actions/" + HASH + "/42"))
        .contains("blobs or compressed-blobs");
    assertThat(refusal("uploads/" + UUID_TEXT + "/uploads/" + UUID_TEXT + "/blobs/" + HASH + "/42"))
        .contains("blobs or compressed-blobs");
  }

  // Logs

  @Test
  void logsHaveANameToReadAndOneToWrite() {
    ResourceName read = ResourceName.parse("team/project/logstreams/abc");
    assertThat(read).isEqualTo(new Log(TEAM, "abc", "")).hasToString("team/project/logstreams/abc");
    assertThat(((Log) read).isForWriting()).isFalse();
    ResourceName write = ResourceName.parse("logstreams/abc/secret");
    assertThat(write)
        .isEqualTo(new Log(InstanceName.ROOT, "abc", "secret"))
        .hasToString("logstreams/abc/secret");
    assertThat(((Log) write).isForWriting()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"logstreams/", "logstreams//x", "logstreams/a/", "logstreams/a/b/c"})
  void aLogHasAnIdAndAtMostAToken(String name) {
    refusal(name);
  }

  @Test
  void aLogsIdAndTokenAreOneSegmentEach() {
    assertThatExceptionOfType(InvalidRequest.class)
        .isThrownBy(() -> new Log(InstanceName.ROOT, "a/b", ""));
    assertThatExceptionOfType(InvalidRequest.class)
        .isThrownBy(() -> new Log(InstanceName.ROOT, "a", "b/c"));
    assertThatExceptionOfType(InvalidRequest.class)
        .isThrownBy(() -> new Log(InstanceName.ROOT, "", "b"));
  }

  // Instances

  @ParameterizedTest
  @ValueSource(strings = {"actions", "actionResults", "operations", "capabilities"})
  void reservedWordsAreNoPartOfAnInstance(String word) {
    assertThat(refusal("team/" + word + "/blobs/" + HASH + "/42"))
        .contains("must go on with blobs, compressed-blobs, uploads or logstreams");
    refusal(word + "/blobs/" + HASH + "/42");
  }

  @Test
  void theFirstReservedWordEndsTheInstance() {
    refusal("blobs/blobs/" + HASH + "/42");
    refusal("logstreams/blobs/" + HASH + "/42");
    assertThat(ResourceName.parse("logstreams/blobs"))
        .isEqualTo(new Log(InstanceName.ROOT, "blobs", ""));
  }

  @Test
  void instancesHaveNoEmptySegments() {
    assertThat(refusal("/blobs/" + HASH + "/42")).contains("begins with a slash");
    assertThat(refusal("/team/blobs/" + HASH + "/42")).contains("empty segment");
    assertThat(refusal("team//blobs/" + HASH + "/42")).contains("empty segment");
    assertThat(refusal("//blobs/" + HASH + "/42")).contains("empty segment");
  }

  @Test
  void instancesAreCheckedAsPartOfTheName() {
    assertThat(refusal("a\u0000b/blobs/" + HASH + "/42")).contains("control character");
    assertThat(refusal("a".repeat(1025) + "/blobs/" + HASH + "/42")).contains("1024 characters");
  }

  // Messages

  @ParameterizedTest
  @ValueSource(strings = {"", "team", "team/project", HASH + "/42", "ac/" + HASH})
  void aNameOfNothingIsRefused(String name) {
    assertThat(refusal(name)).contains("blobs, compressed-blobs, uploads or logstreams");
  }

  @Test
  void aLongNameIsRefusedAndNotRepeatedInFull() {
    assertThat(refusal("blobs/" + "a".repeat(4091))).hasSizeLessThan(200).contains("4096");
    assertThat(refusal("blobs/" + "a".repeat(4000))).hasSizeLessThan(800);
    assertThat(refusal("uploads/" + "a".repeat(4000))).hasSizeLessThan(800);
    assertThat(refusal("blobs/" + HASH + "/" + "1".repeat(4000))).hasSizeLessThan(800);
    assertThat(refusal("blobs/" + HASH + "/1/" + "1".repeat(4000))).hasSizeLessThan(800);
    assertThat(refusal("a".repeat(1000) + "//blobs/" + HASH + "/1")).hasSizeLessThan(800);
  }
}
