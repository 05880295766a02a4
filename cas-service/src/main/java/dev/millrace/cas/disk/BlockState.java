package dev.millrace.cas.disk;

import java.nio.ByteBuffer;

/**
 * What a checkpoint says about a block.
 *
 * @param settledTo all records that begin before it are in the index, durably
 * @param tail the end of what was given out
 * @param sealed whether nothing is appended any more
 */
record BlockState(long number, long salt, Proof proof, long settledTo, long tail, boolean sealed) {

  static final int BYTES = 5 * Long.BYTES + 3 * Integer.BYTES;

  /** A block that no checkpoint knows. */
  static BlockState unknown(BlockHeader header) {
    return new BlockState(
        header.number(),
        header.salt(),
        Proof.made(header.epoch()),
        BlockHeader.BYTES,
        BlockHeader.BYTES,
        /* sealed= */ false);
  }

  /** Whether there is nothing in it that the index might lack. */
  boolean settled() {
    return sealed && settledTo == tail;
  }

  void encode(ByteBuffer target) {
    target.putLong(number).putLong(salt).putLong(settledTo).putLong(tail);
    target.putInt(proof.epoch()).putLong(proof.coveredTo()).putInt(proof.replayEpoch());
    target.putInt(sealed ? 1 : 0);
  }

  static BlockState decode(ByteBuffer source) {
    long number = source.getLong();
    long salt = source.getLong();
    long settledTo = source.getLong();
    long tail = source.getLong();
    Proof proof = new Proof(source.getInt(), source.getLong(), source.getInt());
    boolean sealed = source.getInt() == 1;
    return new BlockState(number, salt, proof, settledTo, tail, sealed);
  }
}
