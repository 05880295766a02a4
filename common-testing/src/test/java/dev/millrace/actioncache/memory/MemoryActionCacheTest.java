package dev.millrace.actioncache.memory;

import dev.millrace.actioncache.ActionCache;
import dev.millrace.testing.ActionCacheContract;

final class MemoryActionCacheTest extends ActionCacheContract {

  private final ActionCache cache = new MemoryActionCache();

  @Override
  protected ActionCache cache() {
    return cache;
  }
}
