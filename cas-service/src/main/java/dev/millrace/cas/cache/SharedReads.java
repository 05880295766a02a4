package dev.millrace.cas.cache;

import com.google.protobuf.ByteString;
import dev.millrace.digest.Digest;
import dev.millrace.instance.InstanceName;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * Batch reads of which several ask for the same blobs at once: each blob is read by one of them.
 */
final class SharedReads {

  /** What the one who reads a blob found, empty if that says nothing to the others. */
  private static final class Flight extends CompletableFuture<Optional<ByteString>> {}

  private final ConcurrentHashMap<BlobKey, Flight> underWay = new ConcurrentHashMap<>();

  /**
   * Reads blobs, some of them through others who read them now.
   *
   * @param source reads what nobody is reading; its failure is this reader's alone
   */
  Map<Digest, ByteString> read(
      InstanceName instance,
      Set<Digest> digests,
      Function<Set<Digest>, Map<Digest, ByteString>> source) {
    Map<Digest, ByteString> blobs = new LinkedHashMap<>();
    Set<Digest> rest = new LinkedHashSet<>(digests);
    while (!rest.isEmpty()) {
      Map<Digest, Flight> mine = new LinkedHashMap<>();
      Map<Digest, Flight> others = new LinkedHashMap<>();
      for (Digest digest : rest) {
        Flight flight = new Flight();
        Flight before = underWay.putIfAbsent(new BlobKey(instance, digest), flight);
        if (before == null) {
          mine.put(digest, flight);
        } else {
          others.put(digest, before);
        }
      }
      // First what others may wait for: nobody waits with something of theirs undone.
      blobs.putAll(lead(instance, mine, source));
      rest.clear();
      others.forEach((digest, flight) ->
          flight
              .join()
              .ifPresentOrElse(content -> blobs.put(digest, content), () -> rest.add(digest)));
    }
    return blobs;
  }

  private Map<Digest, ByteString> lead(
      InstanceName instance,
      Map<Digest, Flight> mine,
      Function<Set<Digest>, Map<Digest, ByteString>> source) {
    if (mine.isEmpty()) {
      return Map.of();
    }
    Map<Digest, ByteString> found = Map.of();
    try {
      found = source.apply(mine.keySet());
      return found;
    } finally {
      Map<Digest, ByteString> answers = found;
      mine.forEach((digest, flight) -> {
        underWay.remove(new BlobKey(instance, digest), flight);
        flight.complete(Optional.ofNullable(answers.get(digest)));
      });
    }
  }

  /** Waits until nobody is reading a blob. */
  void await(BlobKey blob) {
    Flight flight = underWay.get(blob);
    if (flight != null) {
      flight.join();
    }
  }
}
