package dev.millrace.cas.upload;

import dev.millrace.blobstore.BlobStore;
import dev.millrace.resourcename.ResourceName;
import dev.millrace.staging.StagedBlob;
import dev.millrace.staging.StagingArea;
import java.util.Optional;

/**
 * Where the bytes of an upload go: to the heap if the blob is small enough for the back end to be
 * better off with it whole, and as long as there is room, else to the staging area at once.
 *
 * @param store what gathered uploads become blobs of
 * @param staging of the same back end as the store, and verified
 * @param room what gathered uploads take of the heap
 */
public record UploadPlaces(BlobStore store, StagingArea staging, GatheringRoom room) {

  /** What earlier processes kept of smaller uploads than this is not worth a look. */
  private static final int SMALL_BYTES = 64 * 1024;

  /**
   * @param suspended whether this process has suspended the upload
   */
  StagedBlob begin(ResourceName.Upload name, boolean suspended) {
    Optional<GatheringRoom.Share> share = share(name.digest().sizeBytes());
    if (share.isEmpty()) {
      return staging.begin(name);
    }
    boolean begun = false;
    try {
      if (suspended || name.digest().sizeBytes() > SMALL_BYTES) {
        // What begins again takes the place of what was kept; gathered, it has none.
        staging.discard(name);
      }
      GatheredBlob gathered = new GatheredBlob(name, this, share.get());
      begun = true;
      return gathered;
    } finally {
      if (!begun) {
        share.get().close();
      }
    }
  }

  private Optional<GatheringRoom.Share> share(long size) {
    return size <= staging.gatheringLimit() ? room.take((int) size) : Optional.empty();
  }
}
