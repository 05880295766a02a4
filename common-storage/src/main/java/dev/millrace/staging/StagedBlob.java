package dev.millrace.staging;

import dev.millrace.blobstore.BlobWriter;
import dev.millrace.failure.Failure;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * A blob on its way in that can stop and go on later. Closed without {@link #commit} or {@link
 * #suspend}, it is given up, unless its process was killed or its upload was taken over: then it is
 * as if suspended at some earlier position.
 */
public interface StagedBlob extends BlobWriter {

  /** Takes the next bytes, which come in parts. */
  default void write(List<ByteBuffer> parts) {
    parts.forEach(this::write);
  }

  /**
   * Reads back what has arrived, to hash what was written before this writer.
   *
   * @return bytes read: {@code target.remaining()}, or fewer only where {@link #written} ends
   * @throws Failure.Corrupt if what was kept cannot be read any more; the upload has to begin anew
   */
  int read(long position, ByteBuffer target);

  /**
   * Keeps all that was written for a later call, which may go on in another process, and ends this
   * writer.
   */
  void suspend();
}
