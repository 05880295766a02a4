package dev.millrace.cas.index;

import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Digests as PostgreSQL gathers them: all their hashes in a row, and their sizes. */
final class HashRow {

  private HashRow() {}

  static List<Digest> digests(DigestFunction function, byte[] hashes, Long[] sizes) {
    int each = function.hashLength() / 2;
    if (hashes.length != sizes.length * each) {
      throw new IllegalStateException(
          hashes.length + " bytes are not " + sizes.length + " hashes of " + function);
    }
    List<Digest> digests = new ArrayList<>(sizes.length);
    for (int i = 0; i < sizes.length; i++) {
      String hash = HexFormat.of().formatHex(hashes, i * each, (i + 1) * each);
      digests.add(new Digest(function, hash, sizes[i]));
    }
    return digests;
  }
}
