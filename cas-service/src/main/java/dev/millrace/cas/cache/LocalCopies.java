package dev.millrace.cas.cache;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.millrace.cas.disk.DiskBlobStore;
import dev.millrace.cas.disk.GrowingBlob;
import dev.millrace.failure.Failure;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The copies on the local disk. A disk that is full or fails means no copy, never an error. */
final class LocalCopies {

  private static final Logger log = LoggerFactory.getLogger(LocalCopies.class);

  private final DiskBlobStore disk;
  private final AtomicBoolean failing = new AtomicBoolean();

  LocalCopies(DiskBlobStore disk) {
    this.disk = disk;
  }

  Optional<LocalCopy> open(BlobKey blob) {
    try {
      return Optional.of(
          new LocalCopy(blob.digest(), disk.open(blob.instance(), Chunks.stored(blob.digest()))));
    } catch (Failure.BlobAbsent absent) {
      return Optional.empty();
    } catch (RuntimeException failure) {
      failed(blob, failure);
      return Optional.empty();
    }
  }

  /** Begins a copy; empty if there is one already or none can be made now. */
  Optional<GrowingCopy> begin(BlobKey blob) {
    try {
      Optional<GrowingBlob> begun = disk.grow(blob.instance(), Chunks.stored(blob.digest()));
      return begun.map(stored -> new GrowingCopy(blob.digest(), stored));
    } catch (RuntimeException failure) {
      failed(blob, failure);
      return Optional.empty();
    }
  }

  /**
   * Copies a blob from memory.
   *
   * @throws Failure.ContentMismatch if it is not what the digest says
   */
  void put(BlobKey blob, ByteString content) {
    begin(blob)
        .ifPresent(copy -> {
          try (copy) {
            ByteBuffer rest = content.asReadOnlyByteBuffer();
            copy.write(rest);
            copy.commit();
            worked();
          } catch (Failure.ContentMismatch wrong) {
            throw wrong;
          } catch (RuntimeException failure) {
            failed(blob, failure);
          }
        });
  }

  /** The whole blob from its copy; empty if there is none that can be read. */
  Optional<ByteString> read(BlobKey blob) {
    return open(blob)
        .flatMap(copy -> {
          try (copy) {
            byte[] content = new byte[Math.toIntExact(blob.digest().sizeBytes())];
            copy.read(0, ByteBuffer.wrap(content));
            return Optional.of(UnsafeByteOperations.unsafeWrap(content));
          } catch (RuntimeException failure) {
            failed(blob, failure);
            return Optional.empty();
          }
        });
  }

  void worked() {
    failing.set(false);
  }

  /** Takes note that a copy could not be used; one that is damaged is dropped. */
  void failed(BlobKey blob, RuntimeException failure) {
    switch (failure) {
      case Failure.Exhausted noRoom -> log.debug("No local copy: {}", noRoom.getMessage());
      case Failure.Corrupt damage -> {
        log.warn("A local copy is dropped: {}", damage.getMessage());
        drop(blob);
      }
      default -> {
        if (!failing.getAndSet(true)) {
          log.warn("Blobs are read without local copies until the disk works again", failure);
        }
      }
    }
  }

  private void drop(BlobKey blob) {
    try {
      disk.drop(blob.instance(), Chunks.stored(blob.digest()));
    } catch (RuntimeException failure) {
      log.warn("The damaged copy of {} could not be dropped", blob.digest(), failure);
    }
  }
}
