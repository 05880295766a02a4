package dev.millrace.bench.client;

import build.bazel.remote.execution.v2.Digest;
import com.google.protobuf.ByteString;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * A blob of a {@link BlobFamily}: what it shares with its family, and the few bytes of its own.
 *
 * @param hash its SHA-256 in lower-case hexadecimal
 */
public record Blob(String hash, byte[] shared, byte[] own) {

  /** A blob of this content. */
  public static Blob of(ByteString content) {
    try {
      byte[] bytes = content.toByteArray();
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(bytes);
      return new Blob(HexFormat.of().formatHex(hash), bytes, new byte[0]);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK lacks SHA-256", e);
    }
  }

  public int size() {
    return shared.length + own.length;
  }

  public Digest digest() {
    return Digest.newBuilder().setHash(hash).setSizeBytes(size()).build();
  }

  /** The bytes from an offset on. */
  List<Slice> slices(int from, int length) {
    List<Slice> slices = new ArrayList<>(2);
    int inShared = Math.clamp(shared.length - from, 0, length);
    if (inShared > 0) {
      slices.add(new Slice(shared, from, inShared));
    }
    if (length > inShared) {
      slices.add(new Slice(own, from + inShared - shared.length, length - inShared));
    }
    return slices;
  }
}
