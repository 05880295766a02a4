package dev.millrace.blobstore;

import dev.millrace.failure.Failure;
import java.nio.ByteBuffer;

/**
 * One blob on its way in. Used by one thread at a time. Closed without a successful {@link
 * #commit}, it leaves nothing visible.
 */
public interface BlobWriter extends AutoCloseable {

  /** Bytes taken so far. */
  long written();

  /**
   * Appends all remaining bytes.
   *
   * @throws Failure.ContentMismatch if they go beyond the size that the digest says
   */
  void write(ByteBuffer bytes);

  /**
   * Makes the blob visible and, on back ends that promise it, durable.
   *
   * @throws Failure.ContentMismatch if what was written is not what the digest says
   */
  void commit();

  @Override
  void close();
}
