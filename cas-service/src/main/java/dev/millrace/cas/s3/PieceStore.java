package dev.millrace.cas.s3;

import dev.millrace.cas.index.Checksums;
import dev.millrace.cas.index.Deletions;
import dev.millrace.cas.index.Piece;
import dev.millrace.failure.Failure;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Pieces of blobs as objects: announced before they are written, checked whenever they are read.
 */
public final class PieceStore {

  private static final Logger LOG = LoggerFactory.getLogger(PieceStore.class);

  /** How often what is not as it was written is read again: damage may be on the way only. */
  private static final int READS = 5;

  private final Deletions deletions;
  private final ObjectStore objects;
  private final TransferMemory memory;
  private final int pieceBlocks;

  /**
   * @param pieceBlocks how many MiB a piece has at most; blobs of more have several
   */
  public PieceStore(
      Deletions deletions, ObjectStore objects, TransferMemory memory, int pieceBlocks) {
    if (pieceBlocks < 1 || pieceBlocks > 1024) {
      throw new IllegalArgumentException("pieces: 1 to 1024 MiB, not " + pieceBlocks);
    }
    this.deletions = deletions;
    this.objects = objects;
    this.memory = memory;
    this.pieceBlocks = pieceBlocks;
  }

  TransferMemory memory() {
    return memory;
  }

  int pieceBlocks() {
    return pieceBlocks;
  }

  /** Memory to gather the next pieces of a blob in. */
  public PieceBuffer newBuffer() {
    return new PieceBuffer(this);
  }

  /** Stores a piece. If that fails, what may have been written will be deleted in time. */
  Piece write(List<ByteBuffer> blocks) {
    ByteBuffer sums = ByteBuffer.allocate(4 * blocks.size());
    int length = 0;
    for (ByteBuffer block : blocks) {
      sums.put(Checksums.of(block).bytes());
      length += block.remaining();
    }
    UUID object = deletions.announce();
    objects.put(object, blocks);
    return new Piece(object, length, new Checksums(sums.array()));
  }

  /**
   * Fills {@code target} with blocks of a piece and checks them.
   *
   * @param target as long as the blocks are
   * @return what is wrong with the piece, if it is not what was written
   * @throws Failure.Unavailable if it is wrong in another way whenever it is read
   */
  Optional<String> read(Piece piece, int firstBlock, ByteBuffer target) {
    String problem = "";
    boolean confirmed = false;
    for (int i = 0; i < READS; i++) {
      String before = problem;
      ByteBuffer window = target.duplicate();
      problem =
          switch (objects.read(piece.object(), (long) firstBlock * Checksums.BLOCK, window)) {
            case ABSENT -> "does not exist";
            case TOO_SHORT -> "is too short";
            case READ -> matches(piece, firstBlock, target) ? "" : otherChecksum(target);
          };
      if (problem.isEmpty()) {
        target.position(target.limit());
        return Optional.empty();
      }
      confirmed = problem.equals(before);
      LOG.warn("Object {} {}, at reading {} of {}", piece.object(), problem, i + 1, READS);
    }
    if (!confirmed) {
      throw new Failure.Unavailable("an object is read differently each time", null);
    }
    return Optional.of("object " + piece.object() + " " + problem);
  }

  /** The same for the same bytes only. */
  private static String otherChecksum(ByteBuffer target) {
    CRC32C crc = new CRC32C();
    crc.update(target.duplicate());
    return "has another checksum, with %08x of what was read".formatted(crc.getValue());
  }

  private static boolean matches(Piece piece, int firstBlock, ByteBuffer target) {
    int block = firstBlock;
    for (int at = target.position(); at < target.limit(); at += Checksums.BLOCK) {
      ByteBuffer content = target.slice(at, Math.min(Checksums.BLOCK, target.limit() - at));
      if (!piece.checksums().match(block++, content)) {
        return false;
      }
    }
    return true;
  }

  /** Leaves pieces to be deleted, unless they have become a blob. */
  public void release(List<Piece> pieces) {
    try {
      deletions.release(pieces);
    } catch (Failure.Unavailable e) {
      LOG.debug("{} objects will be deleted later than they could be", pieces.size(), e);
    }
  }
}
