package dev.millrace.cas.chunking;

import dev.millrace.digest.Digest;
import dev.millrace.instance.InstanceName;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Remembers splits on the heap, those used last, up to a number of chunks in all of them. */
public final class BoundedSplitMemory implements SplitMemory {

  private record Key(InstanceName instance, Digest blob, ChunkingFunction function) {}

  private final long maxChunks;
  private final Map<Key, Split> splits = new LinkedHashMap<>(16, 0.75f, /* accessOrder= */ true);
  private long chunks;

  /**
   * @param maxChunks how many chunks all splits may have together; one takes some 150 bytes
   */
  public BoundedSplitMemory(long maxChunks) {
    this.maxChunks = maxChunks;
  }

  @Override
  public synchronized Optional<Split> recall(
      InstanceName instance, Digest blob, ChunkingFunction function) {
    return Optional.ofNullable(splits.get(new Key(instance, blob, function)));
  }

  @Override
  public synchronized void remember(InstanceName instance, Digest blob, Split split) {
    forget(instance, blob, split.function());
    if (weight(split) > maxChunks) {
      return;
    }
    splits.put(new Key(instance, blob, split.function()), split);
    chunks += weight(split);
    Iterator<Split> oldest = splits.values().iterator();
    while (chunks > maxChunks) {
      chunks -= weight(oldest.next());
      oldest.remove();
    }
  }

  @Override
  public synchronized void forget(InstanceName instance, Digest blob, ChunkingFunction function) {
    Split removed = splits.remove(new Key(instance, blob, function));
    if (removed != null) {
      chunks -= weight(removed);
    }
  }

  /** The blob's own digest counts as well. */
  private static long weight(Split split) {
    return split.chunks().size() + 1L;
  }
}
