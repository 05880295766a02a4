package dev.millrace.cas.cache;

import dev.millrace.blobstore.BlobReader;
import dev.millrace.digest.Digest;
import dev.millrace.failure.Failure;
import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * Reads a blob the nearest way there is: from the local copy, along with others from one that is
 * being made, or from the delegate. Which one turns out with the first read, and changes when a way
 * ends; the delegate's reader is open all the time and is the last resort.
 */
final class CachingReader implements BlobReader {

  private sealed interface Way {
    record Undecided() implements Way {}

    record Local(LocalCopy copy) implements Way {}

    record Along(Fetch fetch) implements Way {}

    record Past() implements Way {}
  }

  private final BlobKey blob;
  private final BlobReader source;
  private final LocalCopies copies;
  private final Fetches fetches;
  private final SharedReads batches;
  private Way way = new Way.Undecided();

  /** Whether the local copy has failed this reader. */
  private boolean distrusted;

  private boolean closed;

  CachingReader(
      BlobKey blob, BlobReader source, LocalCopies copies, Fetches fetches, SharedReads batches) {
    this.blob = blob;
    this.source = source;
    this.copies = copies;
    this.fetches = fetches;
    this.batches = batches;
  }

  @Override
  public Digest digest() {
    return blob.digest();
  }

  /** What a fetch may read from while it has this reader's leave. */
  BlobReader source() {
    return source;
  }

  @Override
  public int read(long position, ByteBuffer target) {
    Objects.checkFromToIndex(position, digest().sizeBytes(), Long.MAX_VALUE);
    int start = target.position();
    int limit = target.limit();
    int length = (int) Math.min(target.remaining(), digest().sizeBytes() - position);
    target.limit(start + length);
    try {
      while (target.hasRemaining()) {
        step(position + (target.position() - start), target);
      }
    } finally {
      target.limit(limit);
    }
    return length;
  }

  private void step(long position, ByteBuffer target) {
    switch (way) {
      case Way.Undecided() -> {
        batches.await(blob);
        way = local(position);
      }
      case Way.Local(LocalCopy copy) -> {
        try {
          copy.read(position, target);
        } catch (RuntimeException failure) {
          copies.failed(blob, failure);
          distrusted = true;
          copy.close();
          way = along(position);
        }
      }
      case Way.Along(Fetch fetch) -> {
        if (!fetch.read(this, position, target)) {
          fetch.withdraw(this);
          // Another may have made the copy before this one could begin.
          way = distrusted ? new Way.Past() : copy();
        }
      }
      case Way.Past() -> readFully(source, position, target);
    }
  }

  private Way local(long position) {
    Way local = copy();
    return local instanceof Way.Local ? local : along(position);
  }

  private Way copy() {
    return copies.open(blob).<Way>map(Way.Local::new).orElseGet(Way.Past::new);
  }

  private Way along(long position) {
    return fetches.join(blob, position).<Way>map(Way.Along::new).orElseGet(Way.Past::new);
  }

  static void readFully(BlobReader source, long position, ByteBuffer target) {
    int wanted = target.remaining();
    if (source.read(position, target) != wanted) {
      throw new Failure.Corrupt("blob %s ends early".formatted(source.digest()), null);
    }
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    boolean left = false;
    try {
      switch (way) {
        case Way.Local(LocalCopy copy) -> copy.close();
        case Way.Along(Fetch fetch) -> left = fetch.leave(this);
        case Way.Undecided(), Way.Past() -> {}
      }
    } finally {
      way = new Way.Past();
      if (!left) {
        source.close();
      }
    }
  }
}
