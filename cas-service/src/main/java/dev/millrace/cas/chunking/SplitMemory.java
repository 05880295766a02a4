package dev.millrace.cas.chunking;

import dev.millrace.digest.Digest;
import dev.millrace.instance.InstanceName;
import java.util.Optional;

/**
 * Remembers what blobs consist of, so that they need not be cut again. It may forget anything at
 * any time, and knows nothing of whether the chunks are still there. Safe for concurrent use.
 */
public interface SplitMemory {

  /** The split of a blob that was made by a function. */
  Optional<Split> recall(InstanceName instance, Digest blob, ChunkingFunction function);

  /** Remembers a split, in place of one by the same function. */
  void remember(InstanceName instance, Digest blob, Split split);

  /** Forgets a split, of which chunks are gone. */
  void forget(InstanceName instance, Digest blob, ChunkingFunction function);
}
