package dev.millrace.digest;

import static org.assertj.core.api.Assertions.assertThat;

import build.bazel.remote.execution.v2.DigestFunction.Value;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class DigestFunctionTest {

  @ParameterizedTest
  @EnumSource(DigestFunction.class)
  void namesAndNumbersAreTheProtocols(DigestFunction function) {
    assertThat(Value.forNumber(function.number()).name()).isEqualTo(function.name());
    assertThat(DigestFunction.ofNumber(function.number())).contains(function);
  }

  @Test
  void everyFunctionOfTheProtocolButTwoIsServed() {
    assertThat(Value.values())
        .filteredOn(value -> value != Value.UNRECOGNIZED)
        .filteredOn(value -> DigestFunction.ofNumber(value.getNumber()).isEmpty())
        .containsExactly(Value.UNKNOWN, Value.VSO, Value.MURMUR3);
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0, 4, 7, 11, Integer.MAX_VALUE})
  void noOtherNumberIsServed(int number) {
    assertThat(DigestFunction.ofNumber(number)).isEmpty();
  }

  @Test
  void aBareHashesLengthTellsItsFunction() {
    assertThat(DigestFunction.ofHashLength(32)).contains(DigestFunction.MD5);
    assertThat(DigestFunction.ofHashLength(40)).contains(DigestFunction.SHA1);
    assertThat(DigestFunction.ofHashLength(64)).contains(DigestFunction.SHA256);
    assertThat(DigestFunction.ofHashLength(96)).contains(DigestFunction.SHA384);
    assertThat(DigestFunction.ofHashLength(128)).contains(DigestFunction.SHA512);
    assertThat(DigestFunction.ofHashLength(0)).isEmpty();
    assertThat(DigestFunction.ofHashLength(63)).isEmpty();
  }

  @Test
  void onlyFunctionsWithoutALengthOfTheirOwnHaveASegment() {
    assertThat(DigestFunction.ofSegment("sha256tree")).contains(DigestFunction.SHA256TREE);
    assertThat(DigestFunction.ofSegment("blake3")).contains(DigestFunction.BLAKE3);
    assertThat(DigestFunction.ofSegment("gitsha1")).contains(DigestFunction.GITSHA1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sha256", "sha1", "md5", "sha384", "sha512", "murmur3", "vso", "BLAKE3", "Blake3", ""
      })
  void noOtherSegmentNamesAFunction(String segment) {
    assertThat(DigestFunction.ofSegment(segment)).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(DigestFunction.class)
  void hashesAreAsLongAsSaid(DigestFunction function) {
    assertThat(function.newHasher(0).hash()).hasSize(function.hashLength());
  }
}
