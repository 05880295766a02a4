package dev.millrace.cas.disk;

/**
 * Where a record is.
 *
 * @param block number of its block
 * @param epoch in which run of the store the location was found good
 * @param offset of its header in the block
 * @param length of its payload
 */
record Location(long block, int epoch, long offset, long length) {

  /** Block numbers and epochs share 64 bits of an index entry. */
  static final int EPOCH_BITS = 24;

  static final int MAX_EPOCH = (1 << EPOCH_BITS) - 1;
}
