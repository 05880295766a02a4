package dev.millrace.blobstore.remote;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.ToLongFunction;

/** Cuts what is to be sent into calls that each keep to what one message can carry. */
final class Batches {

  private Batches() {}

  /**
   * Packs items in their order; an item above {@code maxBytes} gets a batch of its own.
   *
   * @param maxItems the most items of one batch
   * @param maxBytes the most bytes of one batch, as counted by {@code bytes}
   */
  static <T> List<List<T>> pack(
      Collection<T> items, int maxItems, long maxBytes, ToLongFunction<T> bytes) {
    List<List<T>> batches = new ArrayList<>();
    List<T> batch = new ArrayList<>();
    long filled = 0;
    for (T item : items) {
      long size = bytes.applyAsLong(item);
      if (!batch.isEmpty() && (batch.size() == maxItems || filled + size > maxBytes)) {
        batches.add(batch);
        batch = new ArrayList<>();
        filled = 0;
      }
      batch.add(item);
      filled += size;
    }
    if (!batch.isEmpty()) {
      batches.add(batch);
    }
    return batches;
  }
}
