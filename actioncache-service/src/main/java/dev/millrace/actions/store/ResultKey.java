package dev.millrace.actions.store;

import dev.millrace.digest.Digest;
import dev.millrace.instance.InstanceName;
import java.util.Collection;
import java.util.Comparator;
import java.util.Map;

/** What a result is found by. Rows are locked in its order. */
record ResultKey(InstanceName instance, Digest action) implements Comparable<ResultKey> {

  private static final Comparator<ResultKey> ORDER =
      Comparator.<ResultKey, String>comparing(key -> key.instance().value())
          .thenComparing(key -> key.action().function().number())
          .thenComparing(key -> key.action().hash())
          .thenComparing(key -> key.action().sizeBytes());

  @Override
  public int compareTo(ResultKey other) {
    return ORDER.compare(this, other);
  }

  /** A statement's parameters, an array a column. */
  static Map<String, Object> columns(Collection<ResultKey> keys) {
    return Map.of(
        "instance", keys.stream().map(key -> key.instance().value()).toArray(String[]::new),
        "function", keys.stream().mapToInt(key -> key.action().function().number()).toArray(),
        "hash", keys.stream().map(key -> key.action().hashBytes()).toArray(byte[][]::new),
        "size", keys.stream().mapToLong(key -> key.action().sizeBytes()).toArray());
  }
}
