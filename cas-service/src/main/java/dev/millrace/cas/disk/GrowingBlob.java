package dev.millrace.cas.disk;

import dev.millrace.blobstore.BlobWriter;
import java.nio.ByteBuffer;

/**
 * A blob on its way in whose bytes can be read meanwhile, by other threads than the one that writes
 * it. Whoever shares it tells the readers how far it has been written, and closes it only after the
 * last of them; committed, it stays readable until then.
 */
public interface GrowingBlob extends BlobWriter {

  /** Fills {@code target} from {@code position} on, all of which must have been written. */
  void read(long position, ByteBuffer target);
}
