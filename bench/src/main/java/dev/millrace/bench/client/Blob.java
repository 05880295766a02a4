package dev.millrace.bench.client;

import build.bazel.remote.execution.v2.Digest;
import java.util.ArrayList;
import java.util.List;

/**
 * A blob of a {@link BlobFamily}: what it shares with its family, and the few bytes of its own.
 *
 * @param hash its SHA-256 in lower-case hexadecimal
 */
public record Blob(String hash, byte[] shared, byte[] own) {

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
