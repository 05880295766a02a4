package dev.millrace.staging;

import dev.millrace.failure.Failure;
import dev.millrace.resourcename.ResourceName;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Where blobs lie until they have arrived whole, by the name of their upload. Each back end of
 * {@link dev.millrace.blobstore.BlobStore} that takes uploads has one, so that what has arrived
 * becomes a blob without being copied again. All of them run {@code StagingAreaContract}.
 *
 * <p>An upload has one writer at a time: who begins it or goes on with it takes it from whoever
 * wrote it before, in this process or in another, and that writer's calls are {@link
 * Failure.Unavailable} from then on. Safe for concurrent use.
 */
public interface StagingArea {

  /**
   * Begins an upload at its start, and gives up what was kept of it.
   *
   * @throws Failure.Exhausted if there is no room for a blob of this size, not even once uploads
   *     that nobody writes have given way
   */
  StagedBlob begin(ResourceName.Upload name);

  /** Goes on with what was kept of an upload; empty if nothing was. */
  Optional<StagedBlob> resume(ResourceName.Upload name);

  /**
   * Bytes of an upload that a later call need not send again, which may lag behind what its present
   * writer has taken; empty if nothing is known of it.
   */
  OptionalLong kept(ResourceName.Upload name);

  /** Gives up an upload that no one is writing, because its blob came another way. */
  void discard(ResourceName.Upload name);

  /**
   * Up to this size, a blob costs less if it is gathered on the heap and then given to {@link
   * dev.millrace.blobstore.BlobStore#writeAll}: here, its bytes would be written twice or waited
   * for.
   */
  int gatheringLimit();

  /**
   * Gives up what this process has suspended of an upload, unless another one has gone on with it
   * since. Where no other process sees the area, that is the same as {@link #discard}.
   */
  default void discardSuspended(ResourceName.Upload name) {
    discard(name);
  }

  /** Gives up the uploads that nobody has written since then; returns how many. */
  int discardUntouchedSince(Instant then);
}
