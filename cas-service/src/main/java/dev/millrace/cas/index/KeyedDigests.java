package dev.millrace.cas.index;

import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.springframework.jdbc.support.SqlArrayValue;

/**
 * Digests of one function as the columns of a statement's parameters, in the order of their keys:
 * rows are then visited, and locked, in the same order by everyone.
 */
record KeyedDigests(DigestFunction function, List<UUID> keys, List<Digest> digests) {

  private record Keyed(UUID key, Digest digest) {}

  /** As PostgreSQL orders them, by unsigned bytes. */
  private static final Comparator<Keyed> BY_KEY =
      Comparator.comparing(
          Keyed::key,
          (a, b) -> {
            int high = Long.compareUnsigned(a.getMostSignificantBits(), b.getMostSignificantBits());
            return high != 0
                ? high
                : Long.compareUnsigned(a.getLeastSignificantBits(), b.getLeastSignificantBits());
          });

  /** One for each function that occurs. */
  static List<KeyedDigests> of(int instance, Collection<Digest> digests) {
    Map<DigestFunction, List<Digest>> byFunction =
        digests.stream().collect(Collectors.groupingBy(Digest::function));
    return byFunction.entrySet().stream()
        .map(entry -> of(instance, entry.getKey(), entry.getValue()))
        .toList();
  }

  private static KeyedDigests of(int instance, DigestFunction function, List<Digest> digests) {
    Keyed[] sorted = new Keyed[digests.size()];
    for (int i = 0; i < sorted.length; i++) {
      sorted[i] = new Keyed(BlobKey.of(instance, digests.get(i)), digests.get(i));
    }
    Arrays.sort(sorted, BY_KEY);
    return new KeyedDigests(
        function,
        Arrays.stream(sorted).map(Keyed::key).toList(),
        Arrays.stream(sorted).map(Keyed::digest).toList());
  }

  UuidArray keyColumn() {
    return new UuidArray(keys);
  }

  SqlArrayValue hashColumn() {
    return new SqlArrayValue(
        "bytea", (Object[]) digests.stream().map(Digest::hashBytes).toArray(byte[][]::new));
  }

  SqlArrayValue sizeColumn() {
    return new SqlArrayValue(
        "int8", (Object[]) digests.stream().map(Digest::sizeBytes).toArray(Long[]::new));
  }
}
