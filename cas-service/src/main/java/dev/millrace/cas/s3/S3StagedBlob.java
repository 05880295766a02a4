package dev.millrace.cas.s3;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.millrace.cas.index.Body;
import dev.millrace.digest.Digest;
import dev.millrace.failure.Failure;
import dev.millrace.resourcename.ResourceName;
import dev.millrace.staging.StagedBlob;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One upload: pieces that are objects already, and a tail in memory that becomes the next one. Not
 * only its writer may turn the tail into an object, but whoever needs the memory of a writer that
 * has stalled; the turn is whose it is at a time.
 */
final class S3StagedBlob implements StagedBlob {

  private static final Logger log = LoggerFactory.getLogger(S3StagedBlob.class);

  private final S3StagingArea area;
  private final ResourceName.Upload name;
  private final SavedUpload saved;
  private final PieceBuffer tail;

  /** Held while bytes move, which only one may do. */
  private final ReentrantLock turn = new ReentrantLock();

  private long written;
  private volatile Instant lastWritten;
  private volatile boolean holdsMemory;
  private volatile boolean lost;
  private volatile boolean ended;
  private @Nullable ReadBack readBack;

  /** The right to send the blob, from the first object on. */
  private UploadClaims.@Nullable Claim claim;

  /** Whether another has stored the blob, so that nothing of this upload is kept any more. */
  private boolean needless;

  S3StagedBlob(S3StagingArea area, ResourceName.Upload name, SavedUpload saved) {
    this.area = area;
    this.name = name;
    this.saved = saved;
    this.tail = area.pieces().newBuffer();
    this.written = saved.length();
    this.lastWritten = area.clock().instant();
  }

  ResourceName.Upload name() {
    return name;
  }

  private Digest digest() {
    return name.digest();
  }

  /** Takes over what was saved behind the pieces. */
  void load(byte[] savedTail) {
    if (savedTail.length > 0) {
      append(ByteBuffer.wrap(savedTail));
    }
  }

  @Override
  public long written() {
    return written;
  }

  @Override
  public void write(ByteBuffer bytes) {
    begin();
    try {
      if (bytes.remaining() > digest().sizeBytes() - written) {
        throw new Failure.ContentMismatch(
            digest(),
            "more than the %d bytes of the digest were sent".formatted(digest().sizeBytes()));
      }
      forgetReadBack();
      while (bytes.hasRemaining()) {
        append(bytes);
      }
      lastWritten = area.clock().instant();
    } finally {
      end();
    }
  }

  private void append(ByteBuffer bytes) {
    if (tail.isEmpty()) {
      area.makeRoom();
    }
    if (needless) {
      written += bytes.remaining();
      bytes.position(bytes.limit());
      return;
    }
    holdsMemory = true;
    int before = bytes.remaining();
    tail.fill(bytes, digest().sizeBytes() - written);
    written += before - bytes.remaining();
    if (bytes.hasRemaining() && isNeeded()) {
      writeOut();
    }
  }

  /**
   * Makes sure that nobody else is sending the same blob, or waits while that one gets on; false if
   * it has been stored, and the rest of this upload only counts.
   */
  private boolean isNeeded() {
    if (claim == null && !needless) {
      claim = area.claims().take(name.instance(), digest()).orElse(null);
      if (claim == null || isStored()) {
        needless = true;
        giveMemoryBack();
        if (claim != null) {
          claim.succeed();
        }
      }
    }
    return !needless;
  }

  private boolean isStored() {
    return area.index().findMissing(name.instance(), Set.of(digest())).isEmpty();
  }

  /** Makes a piece of the tail, and saves that. */
  private void writeOut() {
    saved.append(tail.send());
    saved.save();
    if (claim != null) {
      claim.step();
    }
  }

  /**
   * Gives the memory of a tail back that has not grown since then; false if it has, or is in use.
   */
  boolean writeOutIfIdle(Instant since) {
    if (!turn.tryLock()) {
      return false;
    }
    try {
      if (lost || ended || !isIdle(since)) {
        return false;
      }
      if (!tail.isEmpty()) {
        writeOut();
      }
      return true;
    } catch (Failure failure) {
      log.warn("What has arrived of {} cannot be written out: {}", name, failure.getMessage());
      return tail.isEmpty();
    } finally {
      if (tail.isEmpty()) {
        giveMemoryBack();
      }
      end();
    }
  }

  private void giveMemoryBack() {
    tail.close();
    holdsMemory = false;
  }

  boolean isIdle(Instant since) {
    return holdsMemory && !lastWritten.isAfter(since);
  }

  Instant lastWritten() {
    return lastWritten;
  }

  @Override
  public int read(long position, ByteBuffer target) {
    begin();
    try {
      if (needless) {
        throw S3StagingArea.overtaken();
      }
      int start = target.position();
      int limit = target.limit();
      target.limit(start + (int) Math.min(target.remaining(), written - position));
      while (target.hasRemaining()) {
        long at = position + (target.position() - start);
        if (at >= saved.length()) {
          tail.read((int) (at - saved.length()), target);
        } else {
          readPieces(at, target);
        }
      }
      target.limit(limit);
      return target.position() - start;
    } finally {
      end();
    }
  }

  private void readPieces(long position, ByteBuffer target) {
    ReadBack current = readBack;
    if (current == null || !current.covers(position)) {
      if (current == null) {
        area.pieces().memory().takeFirst();
      }
      readBack = null;
      try {
        current = ReadBack.of(saved.pieces(), position, area.pieces());
        readBack = current;
      } finally {
        if (readBack == null) {
          area.pieces().memory().giveBack(1);
        }
      }
    }
    current.copy(position, target);
  }

  private void forgetReadBack() {
    if (readBack != null) {
      readBack = null;
      area.pieces().memory().giveBack(1);
    }
  }

  @Override
  public void commit() {
    begin();
    try {
      if (written != digest().sizeBytes()) {
        throw new Failure.ContentMismatch(
            digest(),
            "%d bytes were sent, the digest says %d".formatted(written, digest().sizeBytes()));
      }
      if (saved.pieces().isEmpty() && digest().sizeBytes() <= area.limits().inlineBytes()) {
        addInline();
      } else if (!isNeeded()) {
        if (!isStored()) {
          throw new Failure.Unavailable("blob " + digest() + " was dropped meanwhile", null);
        }
      } else {
        if (!tail.isEmpty()) {
          saved.append(tail.send());
        }
        area.index().add(name.instance(), digest(), new Body.Pieces(saved.pieces()));
      }
      if (claim != null) {
        claim.succeed();
      }
      over();
      forgetRow();
    } finally {
      end();
    }
  }

  private void addInline() {
    Map<Digest, ByteString> blob = Map.of(digest(), UnsafeByteOperations.unsafeWrap(rest()));
    if (!area.index().add(name.instance(), blob).isEmpty()) {
      throw new Failure.Unavailable("the key of " + digest() + " is taken", null);
    }
  }

  /** The blob is there: whatever fails now is cleaned up in time. */
  private void forgetRow() {
    if (saved.epoch() != 0 || needless) {
      giveUp();
    }
  }

  private void giveUp() {
    try {
      saved.discard();
    } catch (Failure failure) {
      log.warn("The upload {} is forgotten later: {}", name, failure.getMessage());
    }
  }

  @Override
  public void suspend() {
    begin();
    try {
      over();
      if (needless) {
        giveUp();
      } else {
        keep();
        area.suspended(this, saved.epoch());
      }
    } finally {
      end();
    }
  }

  /** Saves all there is. */
  private void keep() {
    if (tail.length() > area.limits().savedTailBytes()) {
      saved.append(tail.send());
    }
    saved.save(rest());
  }

  private byte[] rest() {
    byte[] rest = new byte[tail.length()];
    tail.read(0, ByteBuffer.wrap(rest));
    return rest;
  }

  /** Ends this writer for one in the same process who goes on, and saves what it has for that. */
  void handOver() {
    turn.lock();
    try {
      if (!lost && !ended) {
        lost = true;
        if (!needless) {
          keep();
        }
      }
    } catch (Failure failure) {
      log.info("The end of {} is lost to who goes on with it: {}", name, failure.getMessage());
    } finally {
      end();
    }
  }

  /** Ends this writer, as another has the upload now. */
  void lose() {
    lost = true;
    if (turn.tryLock()) {
      end();
    }
  }

  /** Whether the database saw this one before the other; where it cannot tell, it did not. */
  boolean isBefore(S3StagedBlob other) {
    return saved.epoch() != 0 && saved.epoch() < other.saved.epoch();
  }

  @Override
  public void close() {
    turn.lock();
    try {
      if (!ended) {
        over();
        if (!lost || saved.epoch() == 0) {
          giveUp();
        }
      }
    } finally {
      end();
    }
  }

  private void over() {
    ended = true;
    area.ended(this);
  }

  private void begin() {
    turn.lock();
    if (lost || ended) {
      end();
      throw S3StagingArea.overtaken();
    }
  }

  /** Whoever has been overtaken meanwhile holds nothing from now on. */
  private void end() {
    try {
      if (lost || ended) {
        giveMemoryBack();
        forgetReadBack();
        if (claim != null) {
          claim.close();
        }
      }
    } finally {
      turn.unlock();
    }
  }
}
