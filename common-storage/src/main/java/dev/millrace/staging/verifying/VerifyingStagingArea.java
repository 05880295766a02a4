package dev.millrace.staging.verifying;

import dev.millrace.blobstore.verifying.ContentCheck;
import dev.millrace.failure.Failure;
import dev.millrace.resourcename.ResourceName;
import dev.millrace.staging.StagedBlob;
import dev.millrace.staging.StagingArea;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Hashes every byte of an upload, and lets nothing be committed that is not what its digest says.
 * What an earlier writer left is read back and hashed again: it may have been written by a process
 * that is gone, to a disk that has lost some of it. Goes directly around a back end that takes
 * bytes on trust.
 */
public final class VerifyingStagingArea implements StagingArea {

  private static final int READ_BYTES = 256 * 1024;

  private final StagingArea delegate;

  public VerifyingStagingArea(StagingArea delegate) {
    this.delegate = delegate;
  }

  @Override
  public StagedBlob begin(ResourceName.Upload name) {
    return new VerifyingStagedBlob(
        delegate.begin(name), new ContentCheck(name.digest()), /* written= */ 0);
  }

  @Override
  public Optional<StagedBlob> resume(ResourceName.Upload name) {
    return delegate.resume(name).flatMap(staged -> verified(name, staged));
  }

  /** What cannot be read back is given up, so that the upload begins anew. */
  private static Optional<StagedBlob> verified(ResourceName.Upload name, StagedBlob staged) {
    ContentCheck check = new ContentCheck(name.digest());
    try {
      long written = checkKept(staged, check);
      return Optional.of(new VerifyingStagedBlob(staged, check, written));
    } catch (Failure.Corrupt | Failure.ContentMismatch damaged) {
      staged.close();
      return Optional.empty();
    } catch (RuntimeException | Error notRead) {
      try (staged) {
        staged.suspend();
      } catch (Failure notKept) {
        notRead.addSuppressed(notKept);
      }
      throw notRead;
    }
  }

  /** Returns how much was kept. */
  private static long checkKept(StagedBlob staged, ContentCheck check) {
    long end = staged.written();
    ByteBuffer part = ByteBuffer.allocate((int) Math.min(READ_BYTES, end));
    for (long position = 0; position < end; position += part.limit()) {
      part.clear().limit((int) Math.min(part.capacity(), end - position));
      staged.read(position, part);
      if (part.hasRemaining()) {
        throw new Failure.Corrupt(
            "an upload of which %d bytes were kept ends after %d"
                .formatted(end, position + part.position()),
            /* cause= */ null);
      }
      check.update(part.flip());
    }
    return end;
  }

  @Override
  public OptionalLong kept(ResourceName.Upload name) {
    return delegate.kept(name);
  }

  @Override
  public void discard(ResourceName.Upload name) {
    delegate.discard(name);
  }

  @Override
  public int gatheringLimit() {
    return delegate.gatheringLimit();
  }

  @Override
  public void discardSuspended(ResourceName.Upload name) {
    delegate.discardSuspended(name);
  }

  @Override
  public int discardUntouchedSince(Instant then) {
    return delegate.discardUntouchedSince(then);
  }
}
