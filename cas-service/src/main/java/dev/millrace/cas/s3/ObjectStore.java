package dev.millrace.cas.s3;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.UUID;

/**
 * Objects by key, each written once and as a whole. It is never asked what exists: the index knows.
 * Whatever goes wrong is {@link dev.millrace.failure.Failure.Unavailable}, which says nothing of
 * the object. Safe for concurrent use.
 */
public interface ObjectStore {

  /** What can come of reading an object that the store has answered about. */
  enum Outcome {
    /** The target is full. */
    READ,
    /** The object ends before the target is full. */
    TOO_SHORT,
    /** There is no such object. */
    ABSENT
  }

  /** Stores all remaining bytes, durably; they must not change meanwhile. */
  void put(UUID object, List<ByteBuffer> bytes);

  /** Fills {@code target} with what the object has from {@code position} on. */
  Outcome read(UUID object, long position, ByteBuffer target);

  /** Deletes an object; that there is none is fine. */
  void delete(UUID object);
}
