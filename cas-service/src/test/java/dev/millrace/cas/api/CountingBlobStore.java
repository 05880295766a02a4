package dev.millrace.cas.api;

import com.google.protobuf.ByteString;
import dev.millrace.blobstore.BlobReader;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.BlobWriter;
import dev.millrace.digest.Digest;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/** Counts readers and writers that are open, so that a test can tell that none is left behind. */
final class CountingBlobStore implements BlobStore {

  private final BlobStore delegate;
  final AtomicInteger readers = new AtomicInteger();
  final AtomicInteger writers = new AtomicInteger();

  CountingBlobStore(BlobStore delegate) {
    this.delegate = delegate;
  }

  @Override
  public BlobReader open(InstanceName instance, Digest digest) {
    BlobReader reader = delegate.open(instance, digest);
    readers.incrementAndGet();
    return new BlobReader() {
      @Override
      public Digest digest() {
        return reader.digest();
      }

      @Override
      public int read(long position, ByteBuffer target) {
        return reader.read(position, target);
      }

      @Override
      public void close() {
        reader.close();
        readers.decrementAndGet();
      }
    };
  }

  @Override
  public BlobWriter create(InstanceName instance, Digest digest) {
    BlobWriter writer = delegate.create(instance, digest);
    writers.incrementAndGet();
    return new BlobWriter() {
      @Override
      public long written() {
        return writer.written();
      }

      @Override
      public void write(ByteBuffer bytes) {
        writer.write(bytes);
      }

      @Override
      public void commit() {
        writer.commit();
      }

      @Override
      public void close() {
        writer.close();
        writers.decrementAndGet();
      }
    };
  }

  @Override
  public Set<Digest> findMissing(InstanceName instance, Set<Digest> digests) {
    return delegate.findMissing(instance, digests);
  }

  @Override
  public Map<Digest, ByteString> readAll(InstanceName instance, Set<Digest> digests) {
    return delegate.readAll(instance, digests);
  }

  @Override
  public Map<Digest, Failure> writeAll(InstanceName instance, Map<Digest, ByteString> blobs) {
    return delegate.writeAll(instance, blobs);
  }
}
