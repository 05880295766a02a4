package dev.millrace.digest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class DigestTest {

  @ParameterizedTest
  @EnumSource(DigestFunction.class)
  void refusesAHashOfAnotherLengthAndSaysWhichIsRight(DigestFunction function) {
    for (int off : new int[] {-1, 1, -function.hashLength()}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new Digest(function, "a".repeat(function.hashLength() + off), 1))
          .withMessageStartingWith("hash: ")
          .withMessageContaining(function + " has " + function.hashLength());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"A", "F", "g", "/", ":", "`", " ", "\0", "٣", "ａ"})
  void refusesAnythingButLowerCaseHexadecimal(String character) {
    String hash = "0".repeat(20) + character + "0".repeat(43);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Digest(DigestFunction.SHA256, hash, 1))
        .withMessageStartingWith("hash: ")
        .withMessageContaining("at 20");
  }

  /** Every character of one byte, wherever it stands, and some whose low byte is a digit. */
  @ParameterizedTest
  @EnumSource(DigestFunction.class)
  void saysWhereACharacterIsThatIsNoDigit(DigestFunction function) {
    for (int at = 0; at < function.hashLength(); at++) {
      for (int c = 0; c < 0x200; c++) {
        String hash = "0".repeat(at) + (char) c + "f".repeat(function.hashLength() - at - 1);
        if (c < 0x80 && "0123456789abcdef".indexOf(c) >= 0) {
          assertThat(new Digest(function, hash, 1).hashBytes())
              .isEqualTo(HexFormat.of().parseHex(hash));
        } else {
          assertThatIllegalArgumentException()
              .isThrownBy(() -> new Digest(function, hash, 1))
              .withMessageEndingWith("at " + at + " is another character");
        }
      }
    }
  }

  @Test
  void refusesACharacterOfTwoUnits() {
    String hash = "0".repeat(62) + "\uD83D\uDE00";
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Digest(DigestFunction.SHA256, hash, 1))
        .withMessageContaining("at 62");
  }

  @Test
  void copiesTheBytesOfItsHashToAnyPlace() {
    Digest digest = DigestFunction.SHA1.digestOf(new byte[] {1});
    byte[] target = new byte[25];
    assertThat(digest.copyHashBytes(target, 3)).isEqualTo(23);
    assertThat(target).startsWith(0, 0, 0).endsWith(0, 0).containsSequence(digest.hashBytes());
  }

  @Test
  void refusesANegativeSize() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Digest(DigestFunction.MD5, "0".repeat(32), -1))
        .withMessageStartingWith("size_bytes: ");
  }

  @Test
  void takesTheLargestSize() {
    Digest digest = new Digest(DigestFunction.MD5, "0".repeat(32), Long.MAX_VALUE);
    assertThat(digest).hasToString("0".repeat(32) + "/9223372036854775807");
  }

  @ParameterizedTest
  @EnumSource(DigestFunction.class)
  void onlyTheBlobOfNoBytesIsEmpty(DigestFunction function) {
    Digest empty = function.digestOf(new byte[0]);
    assertThat(empty.isEmpty()).isTrue();
    assertThat(function.digestOf(new byte[] {0}).isEmpty()).isFalse();
    assertThat(new Digest(function, empty.hash(), 1).isEmpty()).isFalse();
    assertThat(new Digest(function, "0".repeat(function.hashLength()), 0).isEmpty()).isFalse();
  }

  @ParameterizedTest
  @EnumSource(DigestFunction.class)
  void printsTheFunctionWhereALengthDoesNotTell(DigestFunction function) {
    String hash = "ab".repeat(function.hashLength() / 2);
    String segment =
        switch (function) {
          case SHA256, SHA1, MD5, SHA384, SHA512 -> "";
          case SHA256TREE -> "sha256tree/";
          case BLAKE3 -> "blake3/";
          case GITSHA1 -> "gitsha1/";
        };
    assertThat(new Digest(function, hash, 7)).hasToString(segment + hash + "/7");
  }

  @Test
  void equalHashesOfDifferentFunctionsAreDifferentDigests() {
    String hash = "0".repeat(64);
    assertThat(new Digest(DigestFunction.SHA256, hash, 1))
        .isNotEqualTo(new Digest(DigestFunction.BLAKE3, hash, 1))
        .isNotEqualTo(new Digest(DigestFunction.SHA256, hash, 2))
        .isEqualTo(new Digest(DigestFunction.SHA256, hash, 1));
  }

  @Test
  void givesTheHashAsBytes() {
    Digest digest = new Digest(DigestFunction.MD5, "00ff7f80" + "0".repeat(24), 1);
    assertThat(digest.hashBytes()).hasSize(16).startsWith(0x00, 0xff, 0x7f, 0x80);
  }
}
