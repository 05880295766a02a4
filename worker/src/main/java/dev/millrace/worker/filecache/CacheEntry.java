package dev.millrace.worker.filecache;

import java.nio.file.Path;

/** One file of the cache. Pins are counted under the cache's lock. */
final class CacheEntry {

  final CachedContent content;
  final Path file;
  final Stamp stamp;
  private int pins;

  CacheEntry(CachedContent content, Path file, Stamp stamp) {
    this.content = content;
    this.file = file;
    this.stamp = stamp;
  }

  long size() {
    return content.digest().sizeBytes();
  }

  void pin() {
    pins++;
  }

  void unpin() {
    pins--;
  }

  boolean isPinned() {
    return pins > 0;
  }
}
