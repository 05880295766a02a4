package dev.millrace.actioncache.memory;

import build.bazel.remote.execution.v2.ActionResult;
import dev.millrace.action.Provenance;
import dev.millrace.actioncache.ActionCache;
import dev.millrace.digest.Digest;
import dev.millrace.instance.InstanceName;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Keeps results on the heap and serves whatever it was given. */
public final class MemoryActionCache implements ActionCache {

  private record Key(InstanceName instance, Digest action) {}

  private record Entry(ActionResult result, Provenance provenance) {}

  private final Map<Key, Entry> entries = new ConcurrentHashMap<>();

  @Override
  public Optional<ActionResult> get(InstanceName instance, Digest action) {
    return Optional.ofNullable(entries.get(new Key(instance, action))).map(Entry::result);
  }

  @Override
  public void put(
      InstanceName instance, Digest action, ActionResult result, Provenance provenance) {
    entries.put(new Key(instance, action), new Entry(result, provenance));
  }

  /** Who wrote an entry. */
  public Optional<Provenance> provenance(InstanceName instance, Digest action) {
    return Optional.ofNullable(entries.get(new Key(instance, action))).map(Entry::provenance);
  }
}
