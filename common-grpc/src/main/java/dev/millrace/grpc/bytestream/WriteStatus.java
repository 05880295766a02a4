package dev.millrace.grpc.bytestream;

/**
 * How far a write has come.
 *
 * @param committedSize the offset to go on from
 * @param complete whether nothing is left to write
 */
public record WriteStatus(long committedSize, boolean complete) {}
