package dev.millrace.cas.disk;

import dev.millrace.digest.Digest;
import dev.millrace.failure.Failure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One upload's file and whoever writes it at the moment. The file is laid out as the block that it
 * may become: the payload is where that of a block's first record is. The lock is the right to use
 * the file, and is held while bytes are written. Once the file could not be made durable, the
 * upload is over: what the disk has not taken at first it may never take, and not say so again.
 */
final class StagedUpload {

  private static final Logger log = LoggerFactory.getLogger(StagedUpload.class);
  private static final int PAYLOAD_AT = BlockHeader.BYTES + RecordFormat.HEADER_BYTES;
  private static final int READ_BYTES = 256 * 1024;

  private final StagingGround ground;
  private final Path path;
  private final long size;
  private final Claim claim;

  private final ReentrantLock lock = new ReentrantLock();
  private final CRC32C crc = new CRC32C();

  /** Up to where the checksum is of the payload. */
  private long summed;

  /** Open while somebody writes. */
  private @Nullable BlockFile file;

  private @Nullable DiskStagedBlob writer;
  private boolean adopted;
  private volatile boolean over;
  private volatile long written;
  private volatile Instant touched;

  /**
   * @param size of the whole blob; the ground holds room for it, which this gives back
   * @param written what is in the file of an earlier run
   * @param touched when that was
   */
  StagedUpload(
      StagingGround ground, Path path, long size, Claim claim, long written, Instant touched) {
    this.ground = ground;
    this.path = path;
    this.size = size;
    this.claim = claim;
    this.written = written;
    this.touched = touched;
  }

  /** Bytes that the file may come to take. */
  static long footprint(long size) {
    return BlockHeader.BYTES + RecordFormat.sizeOf(size);
  }

  /** How much of a blob a file of that size holds. */
  static long payloadOf(long fileSize) {
    return Math.max(0, fileSize - PAYLOAD_AT);
  }

  long written() {
    return written;
  }

  Instant touched() {
    return touched;
  }

  /** Makes the file, for its first writer. */
  void create(Fingerprint name, DiskStagedBlob by) {
    lock.lock();
    try {
      writer = by;
      file = BlockFile.create(path);
      file.write(0, new StagedHeader(name, size).encode());
    } catch (IOException e) {
      throw failed("begun", e);
    } finally {
      lock.unlock();
    }
  }

  /** Gives the upload to another writer; returns whether there still is one. */
  boolean takeOver(DiskStagedBlob by) {
    lock.lock();
    try {
      if (over) {
        return false;
      }
      if (file == null) {
        file = BlockFile.open(path);
      }
      writer = by;
      touched = ground.now();
      return true;
    } catch (NoSuchFileException e) {
      log.warn("The upload {} is gone", path);
      end();
      return false;
    } catch (IOException e) {
      throw failed("opened", e);
    } finally {
      lock.unlock();
    }
  }

  void write(DiskStagedBlob by, List<ByteBuffer> parts) {
    lock.lock();
    try {
      BlockFile open = fileOf(by);
      sumUp(open);
      long length = parts.stream().mapToLong(ByteBuffer::remaining).sum();
      if (length > size - written) {
        throw Sizes.tooLong(by.name().digest());
      }
      List<ByteBuffer> taken = parts.stream().map(ByteBuffer::duplicate).toList();
      long before = written;
      open.write(PAYLOAD_AT + before, parts);
      taken.forEach(crc::update);
      summed += length;
      written = before + length;
      touched = ground.now();
    } catch (IOException e) {
      throw failed("written", e);
    } finally {
      lock.unlock();
    }
  }

  int read(DiskStagedBlob by, long position, ByteBuffer target) {
    lock.lock();
    try {
      int start = target.position();
      int limit = target.limit();
      int length = (int) Math.min(target.remaining(), written - position);
      target.limit(start + length);
      try {
        readFully(fileOf(by), position, target);
      } finally {
        target.limit(limit);
      }
      if (position == summed) {
        crc.update(target.duplicate().position(start).limit(start + length));
        summed += length;
      }
      return length;
    } catch (IOException e) {
      throw failed("read", e);
    } finally {
      lock.unlock();
    }
  }

  private static void readFully(BlockFile open, long position, ByteBuffer target)
      throws IOException {
    int wanted = target.remaining();
    int read = open.read(PAYLOAD_AT + position, target);
    if (read != wanted) {
      throw new Failure.Corrupt(
          "what was kept of an upload ends at %d".formatted(position + read), /* cause= */ null);
    }
  }

  /** Takes what an earlier run wrote into the checksum, unless that has been read already. */
  private void sumUp(BlockFile open) throws IOException {
    ByteBuffer part =
        ByteBuffer.allocate((int) Math.clamp(written - summed, 0, READ_BYTES)).limit(0);
    for (; summed < written; summed += part.limit()) {
      part.clear().limit((int) Math.min(part.capacity(), written - summed));
      readFully(open, summed, part);
      crc.update(part.flip());
    }
  }

  /** Makes the blob visible, of this file if it is large, else of a copy. */
  void commit(DiskStagedBlob by) {
    Digest digest = by.name().digest();
    lock.lock();
    try {
      BlockFile open = fileOf(by);
      if (written != size || size != digest.sizeBytes()) {
        throw Sizes.tooShort(digest, written);
      }
      sumUp(open);
      if (!ground.isStored(by.name())) {
        Fingerprint key = Fingerprinter.of(by.name().instance(), digest);
        if (ground.adopts(size)) {
          adopt(open, key);
        } else {
          ground.committer().copy(key, size, new Kept(open));
        }
      }
      end();
    } catch (IOException e) {
      throw failed("completed", e);
    } finally {
      if (adopted) {
        // Whatever came of it, the file is the ring's: nobody may go on with it here.
        end();
      }
      lock.unlock();
    }
  }

  private void adopt(BlockFile open, Fingerprint key) throws IOException {
    // The long part of it, and not under the ring's lock.
    durably(() -> ground.stable().sync(open));
    Reservation reservation;
    try {
      reservation = ground.ring().adopt(open, RecordFormat.sizeOf(size));
    } catch (Failure.Unavailable e) {
      if (e.getCause() instanceof IOException) {
        end();
      }
      throw e;
    }
    adopted = true;
    ground.committer().commit(reservation, key, size, (int) crc.getValue());
  }

  /** The payload, read again in order to be copied. */
  private final class Kept implements Committer.Payload {
    private final BlockFile open;

    private Kept(BlockFile open) {
      this.open = open;
    }

    @Override
    public void read(long position, ByteBuffer target) {
      try {
        readFully(open, position, target);
      } catch (IOException e) {
        throw failed("read", e);
      }
    }

    @Override
    public void checkPayload(int sum) {
      if (sum != (int) crc.getValue()) {
        throw new Failure.Corrupt("an upload is not what was written", /* cause= */ null);
      }
    }
  }

  void suspend(DiskStagedBlob by) {
    lock.lock();
    try {
      keep(fileOf(by));
    } catch (IOException e) {
      throw failed("kept", e);
    } finally {
      lock.unlock();
    }
  }

  /** As {@link #suspend}, whoever writes. */
  void suspend() {
    lock.lock();
    try {
      if (!over && file != null) {
        keep(file);
      }
    } catch (IOException e) {
      throw failed("kept", e);
    } finally {
      lock.unlock();
    }
  }

  private void keep(BlockFile open) throws IOException {
    touched = ground.now();
    Files.setLastModifiedTime(path, FileTime.from(touched));
    durably(() -> {
      ground.stable().sync(open);
      ground.syncNames();
    });
    open.close();
    file = null;
    writer = null;
  }

  private interface Syncing {
    void run() throws IOException;
  }

  private void durably(Syncing syncing) throws IOException {
    boolean durable = false;
    try {
      syncing.run();
      durable = true;
    } finally {
      if (!durable) {
        log.warn("The upload {} could not be made durable and is given up", path);
        end();
      }
    }
  }

  /** Gives up the upload if it is that writer's; returns whether it was. */
  boolean giveUp(DiskStagedBlob by) {
    lock.lock();
    try {
      return writer == by && end();
    } finally {
      lock.unlock();
    }
  }

  /** Gives up the upload, whoever writes it. */
  void giveUp() {
    lock.lock();
    try {
      end();
    } finally {
      lock.unlock();
    }
  }

  /** Gives up the upload if nobody writes it; returns whether that was so. */
  boolean giveUpIfIdle() {
    // Whoever holds the lock is about to go on with it, or gives it up as well.
    if (!lock.tryLock()) {
      return false;
    }
    try {
      return writer == null && end();
    } finally {
      lock.unlock();
    }
  }

  boolean isOver() {
    return over;
  }

  private boolean end() {
    if (over) {
      return false;
    }
    over = true;
    writer = null;
    BlockFile open = file;
    file = null;
    if (!adopted) {
      try {
        if (open != null) {
          open.close();
        }
        Files.deleteIfExists(open == null ? path : open.path());
      } catch (IOException e) {
        log.warn("The upload {} could not be deleted; it will be at the next start", path, e);
      }
      ground.ring().bringBack(footprint(size));
    }
    claim.close();
    return true;
  }

  private BlockFile fileOf(DiskStagedBlob by) {
    BlockFile open = file;
    if (writer != by || open == null) {
      throw new Failure.Unavailable("another call goes on with this upload", /* cause= */ null);
    }
    return open;
  }

  private static Failure failed(String what, IOException cause) {
    return new Failure.Unavailable("an upload could not be " + what + " on the local disk", cause);
  }
}
