package dev.millrace.systemtests;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import java.util.SplittableRandom;

/** A blob that can be made again from its seed, so that thousands can be checked but none kept. */
record SeededBlob(long seed, int size, Digest digest) {

  static SeededBlob of(long seed, int size) {
    return new SeededBlob(seed, size, DigestFunction.SHA256.digestOf(bytes(seed, size)));
  }

  ByteString content() {
    return UnsafeByteOperations.unsafeWrap(bytes(seed, size));
  }

  private static byte[] bytes(long seed, int size) {
    byte[] bytes = new byte[size];
    new SplittableRandom(seed).nextBytes(bytes);
    return bytes;
  }
}
