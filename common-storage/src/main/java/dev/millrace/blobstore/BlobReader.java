package dev.millrace.blobstore;

import dev.millrace.digest.Digest;
import java.nio.ByteBuffer;

/** One open blob. Used by one thread at a time; must be closed. */
public interface BlobReader extends AutoCloseable {

  Digest digest();

  /**
   * Fills {@code target} from {@code position} on. Reading onwards is what back ends are fastest
   * at; jumping is allowed.
   *
   * @param position in bytes from the start, from 0 to the blob's size
   * @return bytes read: {@code target.remaining()}, or fewer only where the blob ends before that
   */
  int read(long position, ByteBuffer target);

  @Override
  void close();
}
