package dev.millrace.cas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.springframework.util.unit.DataSize;

final class CasUploadPropertiesTest {

  private static final long HEAP = 512L << 20;

  @Test
  void aSixteenthOfTheHeapIsUsual() {
    assertThat(new CasUploadProperties(null).room(HEAP).free()).isEqualTo(32L << 20);
  }

  @Test
  void upToAQuarterOfTheHeapCanBeSet() {
    assertThat(room(DataSize.ofMegabytes(128))).isEqualTo(128L << 20);
    assertThat(room(DataSize.ofBytes(0))).isZero();
  }

  @Test
  void whatCannotBeIsRefusedInWords() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> room(DataSize.ofMegabytes(129)))
        .withMessage(
            "millrace.cas.upload.gathering-memory: at most a quarter of the heap of 512 MiB,"
                + " not 135266304B");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new CasUploadProperties(DataSize.ofBytes(-1)))
        .withMessageContaining("gathering-memory: must not be negative");
  }

  private static long room(DataSize memory) {
    return new CasUploadProperties(memory).room(HEAP).free();
  }
}
