package dev.millrace.cas.disk;

/**
 * Room in a block that one writer may fill; holds the block until settled or given back.
 *
 * @param offset of the first byte, a multiple of the record alignment
 */
record Reservation(Block block, long offset) {}
