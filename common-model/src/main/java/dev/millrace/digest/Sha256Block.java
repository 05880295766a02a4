package dev.millrace.digest;

import java.math.BigInteger;
import java.nio.ByteBuffer;

/**
 * One bare invocation of SHA-256's block cipher (FIPS 180-4, section 6.2.2, without the final
 * addition), with the initial values that SHA256TREE prescribes for its inner nodes: the fractions
 * of the square roots of the 9th to 16th prime. The JDK offers the whole digest only.
 */
final class Sha256Block {

  private static final int[] K = fractionsOfCubeRoots();

  private static final int[] INITIAL = {
    0xcbbb9d5d, 0x629a292a, 0x9159015a, 0x152fecd8, 0x67332667, 0x8eb44a87, 0xdb0c2e0d, 0x47b5481d
  };

  private Sha256Block() {}

  /** The hash of an inner node from those of its two children, 32 bytes each. */
  static byte[] join(byte[] left, byte[] right) {
    int[] w = new int[64];
    ByteBuffer.wrap(left).asIntBuffer().get(w, 0, 8);
    ByteBuffer.wrap(right).asIntBuffer().get(w, 8, 8);
    for (int t = 16; t < 64; t++) {
      int s0 =
          Integer.rotateRight(w[t - 15], 7) ^ Integer.rotateRight(w[t - 15], 18) ^ w[t - 15] >>> 3;
      int s1 =
          Integer.rotateRight(w[t - 2], 17) ^ Integer.rotateRight(w[t - 2], 19) ^ w[t - 2] >>> 10;
      w[t] = w[t - 16] + s0 + w[t - 7] + s1;
    }
    int[] s = INITIAL.clone();
    for (int t = 0; t < 64; t++) {
      int e = s[4];
      int bigS1 =
          Integer.rotateRight(e, 6) ^ Integer.rotateRight(e, 11) ^ Integer.rotateRight(e, 25);
      int choose = (e & s[5]) ^ (~e & s[6]);
      int t1 = s[7] + bigS1 + choose + K[t] + w[t];
      int a = s[0];
      int bigS0 =
          Integer.rotateRight(a, 2) ^ Integer.rotateRight(a, 13) ^ Integer.rotateRight(a, 22);
      int majority = (a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]);
      int t2 = bigS0 + majority;
      System.arraycopy(s, 0, s, 1, 7);
      s[4] += t1;
      s[0] = t1 + t2;
    }
    byte[] hash = new byte[32];
    ByteBuffer.wrap(hash).asIntBuffer().put(s);
    return hash;
  }

  /** The first 32 bits of the fractions of the cube roots of the first 64 primes. */
  private static int[] fractionsOfCubeRoots() {
    int[] k = new int[64];
    int found = 0;
    for (int n = 2; found < k.length; n++) {
      if (isPrime(n)) {
        k[found++] = fractionOfCubeRoot(n);
      }
    }
    return k;
  }

  private static boolean isPrime(int n) {
    for (int d = 2; d * d <= n; d++) {
      if (n % d == 0) {
        return false;
      }
    }
    return true;
  }

  /** floor(cbrt(n) * 2^32) modulo 2^32, exactly: the integer cube root of n * 2^96. */
  private static int fractionOfCubeRoot(int n) {
    BigInteger target = BigInteger.valueOf(n).shiftLeft(96);
    BigInteger root = BigInteger.ZERO;
    for (int bit = 35; bit >= 0; bit--) {
      BigInteger candidate = root.setBit(bit);
      if (candidate.pow(3).compareTo(target) <= 0) {
        root = candidate;
      }
    }
    return root.intValue();
  }
}
