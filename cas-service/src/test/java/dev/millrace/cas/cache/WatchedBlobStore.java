package dev.millrace.cas.cache;

import com.google.protobuf.ByteString;
import dev.millrace.blobstore.BlobReader;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.BlobWriter;
import dev.millrace.blobstore.memory.MemoryBlobStore;
import dev.millrace.digest.Digest;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** A store in memory that counts what is asked of it, and lets a test step in before each read. */
final class WatchedBlobStore implements BlobStore {

  /** Runs before a read: may wait, or fail in the store's stead. */
  interface BeforeRead {
    /**
     * @param reader the number of the reader, from 1 on, or 0 for a batch
     */
    void read(int reader, long position);
  }

  final MemoryBlobStore memory = new MemoryBlobStore();
  final AtomicInteger opens = new AtomicInteger();
  final AtomicInteger lookUps = new AtomicInteger();
  final AtomicInteger batches = new AtomicInteger();
  final AtomicInteger openNow = new AtomicInteger();
  final AtomicInteger readersThatRead = new AtomicInteger();
  final AtomicLong bytesRead = new AtomicLong();
  volatile BeforeRead beforeRead = (reader, position) -> {};

  @Override
  public BlobReader open(InstanceName instance, Digest digest) {
    BlobReader reader = memory.open(instance, digest);
    openNow.incrementAndGet();
    return new WatchedReader(reader, opens.incrementAndGet());
  }

  private final class WatchedReader implements BlobReader {
    private final BlobReader delegate;
    private final int number;
    private final AtomicInteger reading = new AtomicInteger();
    private boolean hasRead;
    private boolean closed;

    WatchedReader(BlobReader delegate, int number) {
      this.delegate = delegate;
      this.number = number;
    }

    @Override
    public Digest digest() {
      return delegate.digest();
    }

    @Override
    public int read(long position, ByteBuffer target) {
      if (closed || reading.getAndIncrement() > 0) {
        throw new AssertionError("a reader is used after its end or by two threads at once");
      }
      try {
        beforeRead.read(number, position);
        if (!hasRead) {
          hasRead = true;
          readersThatRead.incrementAndGet();
        }
        int read = delegate.read(position, target);
        bytesRead.addAndGet(read);
        return read;
      } finally {
        reading.decrementAndGet();
      }
    }

    @Override
    public void close() {
      if (closed || reading.get() > 0) {
        throw new AssertionError("a reader is closed twice or while it reads");
      }
      closed = true;
      openNow.decrementAndGet();
    }
  }

  @Override
  public BlobWriter create(InstanceName instance, Digest digest) {
    return memory.create(instance, digest);
  }

  @Override
  public Set<Digest> findMissing(InstanceName instance, Set<Digest> digests) {
    lookUps.incrementAndGet();
    return memory.findMissing(instance, digests);
  }

  @Override
  public Map<Digest, ByteString> readAll(InstanceName instance, Set<Digest> digests) {
    batches.incrementAndGet();
    beforeRead.read(0, 0);
    Map<Digest, ByteString> blobs = memory.readAll(instance, digests);
    blobs.values().forEach(blob -> bytesRead.addAndGet(blob.size()));
    return blobs;
  }

  @Override
  public Map<Digest, Failure> writeAll(InstanceName instance, Map<Digest, ByteString> blobs) {
    return memory.writeAll(instance, blobs);
  }
}
