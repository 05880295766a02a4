package dev.millrace.staging.memory;

import com.google.protobuf.ByteString;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.Blobs;
import dev.millrace.failure.Failure;
import dev.millrace.resourcename.ResourceName;
import dev.millrace.staging.StagedBlob;
import dev.millrace.staging.StagingArea;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Keeps uploads on the heap until they become blobs of a store. Takes content as it comes: wrap it
 * in a {@code VerifyingStagingArea}.
 */
public final class MemoryStagingArea implements StagingArea {

  private static final int GATHERED_BYTES = 1024 * 1024;

  private static final class Kept {
    private ByteString content = ByteString.EMPTY;
    private Instant touched;
    private @Nullable Writer writer;

    private Kept(Instant now) {
      this.touched = now;
    }
  }

  private final BlobStore store;
  private final Clock clock;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<ResourceName.Upload, Kept> uploads = new HashMap<>();

  public MemoryStagingArea(BlobStore store, Clock clock) {
    this.store = store;
    this.clock = clock;
  }

  @Override
  public StagedBlob begin(ResourceName.Upload name) {
    lock.lock();
    try {
      Kept kept = new Kept(clock.instant());
      uploads.put(name, kept);
      return new Writer(name, kept);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public Optional<StagedBlob> resume(ResourceName.Upload name) {
    lock.lock();
    try {
      return Optional.ofNullable(uploads.get(name)).map(kept -> new Writer(name, kept));
    } finally {
      lock.unlock();
    }
  }

  @Override
  public OptionalLong kept(ResourceName.Upload name) {
    lock.lock();
    try {
      Kept kept = uploads.get(name);
      return kept == null ? OptionalLong.empty() : OptionalLong.of(kept.content.size());
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void discard(ResourceName.Upload name) {
    lock.lock();
    try {
      uploads.computeIfPresent(name, (n, kept) -> kept.writer == null ? null : kept);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public int gatheringLimit() {
    return GATHERED_BYTES;
  }

  @Override
  public int discardUntouchedSince(Instant then) {
    lock.lock();
    try {
      int before = uploads.size();
      uploads.values().removeIf(kept -> kept.writer == null && kept.touched.isBefore(then));
      return before - uploads.size();
    } finally {
      lock.unlock();
    }
  }

  /** The writer of an upload for as long as the upload says so. */
  private final class Writer implements StagedBlob {

    private final ResourceName.Upload name;
    private final Kept kept;
    private long written;

    /** Under the lock: takes the upload from whoever had it. */
    Writer(ResourceName.Upload name, Kept kept) {
      this.name = name;
      this.kept = kept;
      this.written = kept.content.size();
      kept.writer = this;
      kept.touched = clock.instant();
    }

    @Override
    public long written() {
      return written;
    }

    @Override
    public void write(ByteBuffer bytes) {
      ByteString part = ByteString.copyFrom(bytes);
      lock.lock();
      try {
        requireMine();
        kept.content = kept.content.concat(part);
        kept.touched = clock.instant();
        written = kept.content.size();
      } finally {
        lock.unlock();
      }
    }

    @Override
    public int read(long position, ByteBuffer target) {
      lock.lock();
      try {
        requireMine();
        int length = (int) Math.min(target.remaining(), written - position);
        int from = Math.toIntExact(position);
        target.put(kept.content.substring(from, from + length).asReadOnlyByteBuffer());
        return length;
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void commit() {
      ByteString content;
      lock.lock();
      try {
        requireMine();
        content = kept.content;
      } finally {
        lock.unlock();
      }
      Blobs.write(store, name.instance(), name.digest(), content);
      close();
    }

    @Override
    public void suspend() {
      lock.lock();
      try {
        requireMine();
        kept.writer = null;
        kept.touched = clock.instant();
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void close() {
      lock.lock();
      try {
        if (isMine()) {
          uploads.remove(name);
        }
      } finally {
        lock.unlock();
      }
    }

    private boolean isMine() {
      return uploads.get(name) == kept && kept.writer == this;
    }

    private void requireMine() {
      if (!isMine()) {
        throw new Failure.Unavailable("another call goes on with this upload", /* cause= */ null);
      }
    }
  }
}
