package dev.millrace.cas.disk;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.zip.CRC32C;

/**
 * The one way for a blob to become visible: its record is written, then durable, then in the index,
 * in that order. So the index never leads to what a loss of power could take away.
 */
final class Committer {

  /** Records of one write, gathered up to about so much. */
  static final int GATHERED_BYTES = 1024 * 1024;

  private static final int COPY_BYTES = 256 * 1024;

  /** A whole blob on the heap. */
  record Pending(Fingerprint key, ByteBuffer payload) {
    long size() {
      return RecordFormat.sizeOf(payload.remaining());
    }
  }

  private final BlockRing ring;
  private final BlobIndex index;
  private final GroupCommit groupCommit;
  private final LongConsumer onAppended;

  /**
   * @param onAppended is told how many bytes the ring has given out
   */
  Committer(BlockRing ring, BlobIndex index, GroupCommit groupCommit, LongConsumer onAppended) {
    this.ring = ring;
    this.index = index;
    this.groupCommit = groupCommit;
    this.onAppended = onAppended;
  }

  /** Room for one blob that is written piece by piece; ends in {@link #commit} or give back. */
  Reservation reserve(long length) {
    return ring.reserve(RecordFormat.sizeOf(length));
  }

  void giveBack(Reservation reservation) {
    ring.giveBack(reservation);
  }

  /** Makes a blob visible whose payload has been written to what was reserved for it. */
  void commit(Reservation reservation, Fingerprint key, long length, int crc) {
    Block block = reservation.block();
    long offset = reservation.offset();
    try {
      long payloadEnd = RecordFormat.HEADER_BYTES + length;
      int rest = (int) (RecordFormat.sizeOf(length) - payloadEnd);
      ByteBuffer trailer = ByteBuffer.allocate(rest);
      RecordFormat.putTrailer(trailer, block.salt(), offset, length, crc);
      block.write(offset + payloadEnd, trailer.clear());
      ByteBuffer header = ByteBuffer.allocate(RecordFormat.HEADER_BYTES);
      RecordFormat.putHeader(header, block.salt(), offset, length, key);
      block.write(offset, header.flip());
      groupCommit.sync(block);
      index.put(key, new Location(block.number(), ring.epoch(), offset, length), ring::isLive);
      block.requirePresent();
    } finally {
      ring.settle(reservation);
    }
    onAppended.accept(ring.appended());
  }

  /** A payload that can be read from elsewhere. */
  interface Payload {

    /** Reads from there until {@code target} is full. */
    void read(long position, ByteBuffer target);

    /** Refuses what was read if its checksum is not what it should be. */
    void checkPayload(int crc);
  }

  /** Makes a copy of a payload visible. */
  void copy(Fingerprint key, long length, Payload payload) {
    Reservation to = reserve(length);
    boolean ended = false;
    try {
      CRC32C crc = new CRC32C();
      ByteBuffer buffer = ByteBuffer.allocate((int) Math.min(COPY_BYTES, length));
      for (long at = 0; at < length; at += buffer.limit()) {
        buffer.clear().limit((int) Math.min(buffer.capacity(), length - at));
        payload.read(at, buffer);
        crc.update(buffer.flip());
        to.block().write(to.offset() + RecordFormat.HEADER_BYTES + at, buffer.rewind());
      }
      payload.checkPayload((int) crc.getValue());
      ended = true;
      commit(to, key, length, (int) crc.getValue());
    } finally {
      if (!ended) {
        giveBack(to);
      }
    }
  }

  /** Writes small blobs side by side, and waits for the disk once. */
  void append(List<Pending> blobs) {
    List<Reservation> reservations = new ArrayList<>();
    List<List<Pending>> groups = groups(blobs);
    try {
      for (List<Pending> group : groups) {
        reservations.add(ring.reserve(group.stream().mapToLong(Pending::size).sum()));
        write(reservations.getLast(), group);
      }
      reservations.stream().map(Reservation::block).distinct().forEach(groupCommit::sync);
      for (int i = 0; i < groups.size(); i++) {
        enter(reservations.get(i), groups.get(i));
      }
      reservations.stream().map(Reservation::block).forEach(Block::requirePresent);
    } finally {
      reservations.forEach(ring::settle);
    }
    onAppended.accept(ring.appended());
  }

  private static List<List<Pending>> groups(List<Pending> blobs) {
    List<List<Pending>> groups = new ArrayList<>();
    long room = 0;
    for (Pending blob : blobs) {
      if (blob.size() > room) {
        groups.add(new ArrayList<>());
        room = GATHERED_BYTES;
      }
      groups.getLast().add(blob);
      room -= blob.size();
    }
    return groups;
  }

  private static void write(Reservation reservation, List<Pending> group) {
    Block block = reservation.block();
    long total = group.stream().mapToLong(Pending::size).sum();
    ByteBuffer records = ByteBuffer.allocate(Math.toIntExact(total));
    for (Pending blob : group) {
      int start = records.position();
      long offset = reservation.offset() + start;
      int length = blob.payload().remaining();
      RecordFormat.putHeader(records, block.salt(), offset, length, blob.key());
      records.put(blob.payload().duplicate());
      // Of the copy: that is what readers will be held to, and it is the faster one to sum.
      int crc = RecordFormat.crc(records.slice(start + RecordFormat.HEADER_BYTES, length));
      RecordFormat.putTrailer(records, block.salt(), offset, length, crc);
      records.position(start + (int) blob.size());
    }
    block.write(reservation.offset(), records.flip());
  }

  private void enter(Reservation reservation, List<Pending> group) {
    long offset = reservation.offset();
    for (Pending blob : group) {
      Location location =
          new Location(
              reservation.block().number(), ring.epoch(), offset, blob.payload().remaining());
      index.put(blob.key(), location, ring::isLive);
      offset += blob.size();
    }
  }
}
