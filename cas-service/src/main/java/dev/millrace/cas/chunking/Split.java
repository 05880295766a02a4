package dev.millrace.cas.chunking;

import dev.millrace.digest.Digest;
import java.util.List;

/**
 * What a blob consists of.
 *
 * @param function how it was cut, as far as that is known
 * @param chunks in their order, repeated where they are in the blob
 */
public record Split(ChunkingFunction function, List<Digest> chunks) {
  public Split {
    chunks = List.copyOf(chunks);
  }
}
