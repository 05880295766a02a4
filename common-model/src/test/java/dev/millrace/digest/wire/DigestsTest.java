package dev.millrace.digest.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import build.bazel.remote.execution.v2.DigestFunction.Value;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.failure.Failure.InvalidRequest;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class DigestsTest {

  private static build.bazel.remote.execution.v2.Digest proto(String hash, long size) {
    return build.bazel.remote.execution.v2.Digest.newBuilder()
        .setHash(hash)
        .setSizeBytes(size)
        .build();
  }

  @ParameterizedTest
  @EnumSource(DigestFunction.class)
  void digestsAndFunctionsSurviveTheWire(DigestFunction function) {
    Digest digest = function.digestOf(new byte[] {1, 2, 3});
    assertThat(Digests.fromProto(Digests.toProto(digest), function, "digest")).isEqualTo(digest);
    assertThat(Digests.functionOf(Digests.toProto(function).getNumber(), "")).isEqualTo(function);
  }

  @Test
  void aMalformedDigestIsAnInvalidRequestNamingItsField() {
    assertThatExceptionOfType(InvalidRequest.class)
        .isThrownBy(
            () -> Digests.fromProto(proto("xyz", 1), DigestFunction.SHA256, "action_digest"))
        .withMessageStartingWith("action_digest: hash: ")
        .satisfies(e -> assertThat(e.field()).isEqualTo("action_digest"));
    assertThatExceptionOfType(InvalidRequest.class)
        .isThrownBy(
            () -> Digests.fromProto(proto("0".repeat(64), -5), DigestFunction.SHA256, "digest"))
        .withMessageContaining("size_bytes")
        .withMessageContaining("-5");
  }

  @Test
  void ofManyTheMalformedOneIsNamedByItsIndex() {
    var good = proto("0".repeat(64), 1);
    assertThat(Digests.fromProto(List.of(good, good), DigestFunction.SHA256, "blob_digests"))
        .hasSize(2);
    assertThatExceptionOfType(InvalidRequest.class)
        .isThrownBy(() ->
            Digests.fromProto(
                List.of(good, good, proto("", 1)), DigestFunction.SHA256, "blob_digests"))
        .satisfies(e -> assertThat(e.field()).isEqualTo("blob_digests[2]"));
  }

  @ParameterizedTest
  @CsvSource({"32, MD5", "40, SHA1", "64, SHA256", "96, SHA384", "128, SHA512", "0, SHA256"})
  void anUnsetFunctionFollowsFromTheHash(int length, DigestFunction function) {
    assertThat(Digests.functionOf(0, "a".repeat(length))).isEqualTo(function);
  }

  @ParameterizedTest
  @EnumSource(DigestFunction.class)
  void aSetFunctionWinsOverTheHash(DigestFunction function) {
    assertThat(Digests.functionOf(function.number(), "a".repeat(64))).isEqualTo(function);
  }

  @Test
  void anUnsetFunctionOfAnOddHashIsInvalid() {
    assertThatExceptionOfType(InvalidRequest.class)
        .isThrownBy(() -> Digests.functionOf(0, "abc"))
        .withMessageContaining("3 characters")
        .satisfies(e -> assertThat(e.field()).isEqualTo("digest_function"));
  }

  @Test
  void murmur3IsRefusedWithTheReason() {
    assertThatExceptionOfType(InvalidRequest.class)
        .isThrownBy(() -> Digests.functionOf(Value.MURMUR3_VALUE, "a".repeat(32)))
        .withMessageContaining("not collision resistant");
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, Value.VSO_VALUE, 11, Integer.MAX_VALUE})
  void anyOtherFunctionIsRefusedByItsNumber(int number) {
    assertThatExceptionOfType(InvalidRequest.class)
        .isThrownBy(() -> Digests.functionOf(number, "a".repeat(64)))
        .withMessageContaining("number " + number)
        .satisfies(e -> assertThat(e.field()).isEqualTo("digest_function"));
  }
}
