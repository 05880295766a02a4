package dev.millrace.cas.collection;

import com.google.protobuf.ByteString;
import dev.millrace.cas.s3.ObjectBucket;
import dev.millrace.cas.s3.ObjectStore;
import dev.millrace.failure.Failure;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** The objects of a {@link Stock}, which fail when a test says so. */
final class MemoryObjects implements ObjectStore, ObjectBucket {

  private final Map<UUID, ByteString> objects;
  private final Instant written;
  private Predicate<UUID> fails = _ -> false;

  MemoryObjects(Map<UUID, ByteString> objects, Instant written) {
    this.objects = objects;
    this.written = written;
  }

  void failFor(Predicate<UUID> objects) {
    fails = objects;
  }

  @Override
  public void put(UUID object, List<ByteBuffer> bytes) {
    check(object);
    objects.put(
        object,
        bytes.stream().map(ByteString::copyFrom).reduce(ByteString.EMPTY, ByteString::concat));
  }

  @Override
  public Outcome read(UUID object, long position, ByteBuffer target) {
    check(object);
    ByteString found = objects.get(object);
    if (found == null) {
      return Outcome.ABSENT;
    }
    if (found.size() < position + target.remaining()) {
      return Outcome.TOO_SHORT;
    }
    found.substring((int) position, (int) position + target.remaining()).copyTo(target);
    return Outcome.READ;
  }

  @Override
  public void delete(UUID object) {
    check(object);
    objects.remove(object);
  }

  /** Those that fail are left; if all do, nothing is answered. */
  @Override
  public Set<UUID> delete(Set<UUID> due) {
    Set<UUID> gone = new HashSet<>(due);
    gone.removeIf(fails);
    if (gone.isEmpty() && !due.isEmpty()) {
      throw new Failure.Unavailable("on purpose", null);
    }
    objects.keySet().removeAll(gone);
    return gone;
  }

  @Override
  public void list(Consumer<List<Listed>> pages) {
    List<Listed> all =
        objects.entrySet().stream()
            .map(entry -> new Listed(entry.getKey(), written, entry.getValue().size()))
            .toList();
    for (int at = 0; at < all.size(); at += 2) {
      pages.accept(all.subList(at, Math.min(all.size(), at + 2)));
    }
  }

  private void check(UUID object) {
    if (fails.test(object)) {
      throw new Failure.Unavailable("on purpose", null);
    }
  }
}
