package dev.millrace.cas.disk;

/**
 * Which index entries into a block may be believed. Entries reach the disk in any order and at any
 * time; after a crash, one that a checkpoint does not cover counts only if the record was read and
 * found sound, which gives it the epoch of that run.
 *
 * @param epoch the run that made the block; older entries are of a lost block of the same number
 * @param coveredTo up to where checkpoints covered the block when it was last replayed
 * @param replayEpoch the least epoch that counts from there on
 */
record Proof(int epoch, long coveredTo, int replayEpoch) {

  /** A block that has not been through a crash. */
  static Proof made(int epoch) {
    return new Proof(epoch, Long.MAX_VALUE, epoch);
  }

  Proof replayed(long from, int inEpoch) {
    return new Proof(epoch, Math.min(from, coveredTo), inEpoch);
  }

  boolean admits(long offset, int entryEpoch) {
    return entryEpoch >= (offset < coveredTo ? epoch : replayEpoch);
  }
}
