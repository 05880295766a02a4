package dev.millrace.cas.disk;

import java.util.Map;
import java.util.TreeMap;

/**
 * Which bytes of a block are given out. Grows at the end only; what is given back at the end can be
 * given out again. Guarded by its ring's lock.
 */
final class BlockSpace {

  static final long NO_ROOM = -1;

  /** Beyond this many holes, further ones are forgotten: their room is lost, memory is not. */
  private static final int MAX_HOLES = 1024;

  private final long limit;
  private long tail;
  private long extent;
  private boolean sealed;

  /** Start to end of what is being written. */
  private final TreeMap<Long, Long> open = new TreeMap<>();

  /** Start to end of what was given back before what comes after it. */
  private final TreeMap<Long, Long> holes = new TreeMap<>();

  BlockSpace(long limit, long tail, boolean sealed) {
    this.limit = limit;
    this.tail = tail;
    this.extent = tail;
    this.sealed = sealed;
  }

  /** The offset of that many bytes, or {@link #NO_ROOM}. */
  long reserve(long size) {
    if (sealed || size > limit - tail) {
      return NO_ROOM;
    }
    long offset = tail;
    tail += size;
    extent = Math.max(extent, tail);
    open.put(offset, tail);
    return offset;
  }

  /** What was reserved there is written, and found through the index. */
  void settle(long offset) {
    open.remove(offset);
  }

  /** What was reserved there will not be used. */
  void giveBack(long offset) {
    Long reservedTo = open.remove(offset);
    if (reservedTo == null || sealed) {
      return;
    }
    long start = offset;
    long end = reservedTo;
    Map.Entry<Long, Long> before = holes.floorEntry(start);
    if (before != null && before.getValue() == start) {
      start = before.getKey();
      holes.remove(start);
    }
    Long after = holes.remove(end);
    if (after != null) {
      end = after;
    }
    if (end == tail) {
      tail = start;
    } else if (holes.size() < MAX_HOLES) {
      holes.put(start, end);
    }
  }

  /** Nothing more is given out. */
  void seal() {
    sealed = true;
    holes.clear();
  }

  /** What may be given out at most. */
  long limit() {
    return limit;
  }

  boolean sealed() {
    return sealed;
  }

  /** The end of the last byte given out. */
  long tail() {
    return tail;
  }

  /** Up to where there may be bytes in the file. */
  long extent() {
    return extent;
  }

  /** Before this offset nothing is still being written. */
  long settledTo() {
    return open.isEmpty() ? tail : open.firstKey();
  }

  boolean idle() {
    return open.isEmpty();
  }
}
