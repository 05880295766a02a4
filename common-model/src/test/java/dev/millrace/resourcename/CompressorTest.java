package dev.millrace.resourcename;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CompressorTest {

  @ParameterizedTest
  @EnumSource(Compressor.class)
  void namesAndNumbersAreTheProtocols(Compressor compressor) {
    assertThat(build.bazel.remote.execution.v2.Compressor.Value.forNumber(compressor.number()))
        .hasToString(compressor.name());
    assertThat(Compressor.ofNumber(compressor.number())).contains(compressor);
  }

  @Test
  void noOtherNumberIsACompressor() {
    assertThat(Compressor.ofNumber(4)).isEmpty();
    assertThat(Compressor.ofNumber(-1)).isEmpty();
  }

  @Test
  void identityHasNoSegment() {
    assertThat(Compressor.ofSegment("zstd")).contains(Compressor.ZSTD);
    assertThat(Compressor.ofSegment("identity")).isEmpty();
    assertThat(Compressor.ofSegment("ZSTD")).isEmpty();
  }
}
