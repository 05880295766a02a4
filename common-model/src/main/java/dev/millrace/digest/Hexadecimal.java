package dev.millrace.digest;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Lower-case hexadecimal, eight characters at a time, each in a byte of a long. Whether a character
 * of a hash is a figure or a letter is chance: a branch on it would be guessed wrong half the time.
 */
final class Hexadecimal {

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

  private static final long EACH = 0x0101010101010101L;
  private static final long TOP_BITS = 0x8080808080808080L;

  private Hexadecimal() {}

  /** Whether a text consists of digits, of which there is a multiple of eight. */
  static boolean isDigits(String text) {
    // What is not Latin becomes a question mark, which is no digit; half of it may get lost.
    byte[] characters = text.getBytes(StandardCharsets.ISO_8859_1);
    if (characters.length != text.length() || characters.length % Long.BYTES != 0) {
      return false;
    }
    long digits = TOP_BITS;
    for (int i = 0; i < characters.length; i += Long.BYTES) {
      long eight = (long) LONG.get(characters, i);
      long figures = atLeast(eight, '0') & ~atLeast(eight, '9' + 1);
      long letters = atLeast(eight, 'a') & ~atLeast(eight, 'f' + 1);
      digits &= (figures | letters) & ~eight;
    }
    return digits == TOP_BITS;
  }

  /** Writes the bytes that digits stand for to {@code target}. */
  static void decode(String digits, byte[] target, int offset) {
    byte[] characters = digits.getBytes(StandardCharsets.ISO_8859_1);
    for (int i = 0; i < characters.length; i += Long.BYTES) {
      INT.set(target, offset + i / 2, fourBytes((long) LONG.get(characters, i)));
    }
  }

  /** The top bit of each byte that is at least {@code least}, as far as it is ASCII. */
  private static long atLeast(long eight, int least) {
    return (eight | TOP_BITS) - least * EACH & TOP_BITS;
  }

  private static int fourBytes(long eight) {
    // Letters alone have this bit, and the low bits of "a" are 1.
    long values = (eight & 0xf * EACH) + 9 * (eight >>> 6 & EACH);
    long pairs = (values | values >>> 4) & 0x00ff00ff00ff00ffL;
    long quads = (pairs | pairs >>> 8) & 0x0000ffff0000ffffL;
    return (int) (quads | quads >>> 16);
  }
}
