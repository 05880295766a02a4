package dev.millrace.cas.upload;

import dev.millrace.resourcename.ResourceName;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.concurrent.locks.ReentrantLock;

/** The uploads that this process has suspended and nobody has gone on with, in that order. */
final class SuspendedUploads {

  private final int max;
  private final ReentrantLock lock = new ReentrantLock();
  private final SequencedMap<ResourceName.Upload, Instant> since = new LinkedHashMap<>();

  SuspendedUploads(int max) {
    this.max = max;
  }

  /** Adds one; returns the one that has to go for it, if there are too many. */
  Optional<ResourceName.Upload> add(ResourceName.Upload name, Instant now) {
    lock.lock();
    try {
      since.putLast(name, now);
      return since.size() > max
          ? Optional.of(since.pollFirstEntry()).map(Map.Entry::getKey)
          : Optional.empty();
    } finally {
      lock.unlock();
    }
  }

  /** Removes one; returns whether it was there. */
  boolean remove(ResourceName.Upload name) {
    lock.lock();
    try {
      return since.remove(name) != null;
    } finally {
      lock.unlock();
    }
  }

  /** Removes those that were suspended before then. */
  void removeOlderThan(Instant then) {
    lock.lock();
    try {
      since.values().removeIf(each -> each.isBefore(then));
    } finally {
      lock.unlock();
    }
  }

  boolean contains(ResourceName.Upload name) {
    lock.lock();
    try {
      return since.containsKey(name);
    } finally {
      lock.unlock();
    }
  }

  int count() {
    lock.lock();
    try {
      return since.size();
    } finally {
      lock.unlock();
    }
  }
}
