package dev.millrace.cas.upload;

import dev.millrace.failure.Failure;
import dev.millrace.resourcename.ResourceName;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * One call's part in an upload. Ends with {@link #finish}, {@link #suspend} or neither, and then
 * with {@link #close}, which gives up what was neither finished nor suspended. Once another call
 * has taken the upload over, everything here is {@link Failure.Unavailable}.
 */
public final class BlobUpload implements AutoCloseable {

  private final ResumableUploads uploads;
  private final ResourceName.Upload name;

  @SuppressWarnings("NullAway.Init") // set before the upload is handed out
  private Transfer transfer;

  BlobUpload(ResumableUploads uploads, ResourceName.Upload name) {
    this.uploads = uploads;
    this.name = name;
  }

  void joins(Transfer transfer) {
    this.transfer = transfer;
  }

  /** Bytes taken so far, by this call and those that it continues. */
  public long written() {
    return transfer.written().orElse(0);
  }

  /** Takes the next bytes. If that fails, all that was written is given up. */
  public void append(List<ByteBuffer> parts) {
    boolean taken = false;
    try {
      transfer.append(this, parts);
      taken = true;
    } finally {
      if (!taken) {
        uploads.endedIfOver(name, transfer);
      }
    }
  }

  /**
   * Makes the blob visible.
   *
   * @throws Failure.ContentMismatch if what was written is not what the digest says
   */
  public void finish() {
    transfer.finish(this);
    uploads.ended(name, transfer);
  }

  /**
   * Keeps what was written for a later call. If that is everything, the blob becomes visible: who
   * is told that nothing is left to send does not come back.
   */
  public void suspend() {
    if (written() == name.digest().sizeBytes()) {
      finish();
      return;
    }
    boolean kept = false;
    try {
      kept = transfer.suspend(this);
    } finally {
      if (!kept) {
        uploads.endedIfOver(name, transfer);
      }
    }
    if (kept) {
      uploads.suspended(name, transfer);
    }
  }

  /** Keeps the upload, but nothing of what was written: a later call begins at its start. */
  public void suspendAtStart() {
    if (transfer.discard(this)) {
      uploads.suspended(name, transfer);
    }
  }

  @Override
  public void close() {
    if (transfer.discard(this)) {
      uploads.ended(name, transfer);
    }
  }
}
