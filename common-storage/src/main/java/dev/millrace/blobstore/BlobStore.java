package dev.millrace.blobstore;

import com.google.protobuf.ByteString;
import dev.millrace.digest.Digest;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import java.util.Map;
import java.util.Set;

/**
 * Blobs by digest, apart by instance. Implementations are either a back end, which keeps bytes, or
 * a decorator, which adds one concern to another store; a service's whole stack is put together in
 * its configuration. All of them run {@code BlobStoreContract}.
 *
 * <p>A blob is visible either whole or not at all. Storage that fails is {@link
 * Failure.Unavailable} or {@link Failure.Corrupt}, never an absent blob. Safe for concurrent use.
 */
public interface BlobStore {

  /**
   * Opens a blob for reading; what is open stays readable even if the store drops it meanwhile.
   *
   * @throws Failure.BlobAbsent if it is not stored
   */
  BlobReader open(InstanceName instance, Digest digest);

  /**
   * Begins to write a blob. Several writers may write the same one; the first to commit makes it
   * visible, and the others' commits succeed too.
   *
   * @throws Failure.Exhausted if there is no room for a blob of this size
   */
  BlobWriter create(InstanceName instance, Digest digest);

  /**
   * The digests of which no blob is stored. Those that are not in the answer count as used now, and
   * stay readable for the retention time that the store is configured for.
   */
  Set<Digest> findMissing(InstanceName instance, Set<Digest> digests);

  /**
   * Reads many small blobs at once; absent ones are left out of the answer. The caller keeps the
   * sum of sizes within what it can hold.
   */
  Map<Digest, ByteString> readAll(InstanceName instance, Set<Digest> digests);

  /**
   * Writes many small blobs at once, which may be far cheaper than one by one.
   *
   * @return what went wrong, by digest; the blobs that are not in it are stored
   */
  Map<Digest, Failure> writeAll(InstanceName instance, Map<Digest, ByteString> blobs);
}
