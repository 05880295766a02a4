package dev.millrace.digest;

/**
 * Lower-case hexadecimal, by table: whether a character of a hash is a figure or a letter is
 * chance, and a branch on it would be guessed wrong half the time.
 */
final class Hexadecimal {

  /** More than any digit is worth. */
  private static final int NONE = 0x10;

  private static final byte[] VALUES = new byte[256];

  static {
    for (int c = 0; c < VALUES.length; c++) {
      boolean digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
      VALUES[c] = digit ? (byte) Character.digit(c, 16) : NONE;
    }
  }

  private Hexadecimal() {}

  /** Where the first character is that is no digit; negative if all are. */
  static int firstOther(String text) {
    int all = 0;
    for (int i = 0; i < text.length(); i++) {
      all |= value(text.charAt(i));
    }
    return all < NONE ? -1 : search(text);
  }

  private static int search(String text) {
    int at = 0;
    while (value(text.charAt(at)) < NONE) {
      at++;
    }
    return at;
  }

  /** Writes the bytes that an even number of digits stand for to {@code target}. */
  static void decode(String digits, byte[] target, int offset) {
    for (int i = 0; i < digits.length(); i += 2) {
      target[offset + i / 2] =
          (byte) (value(digits.charAt(i)) << 4 | value(digits.charAt(i + 1)));
    }
  }

  /** What a digit is worth; at least {@link #NONE} for any other character. */
  private static int value(char c) {
    return VALUES[c & 0xff] | c & 0xff00;
  }
}
