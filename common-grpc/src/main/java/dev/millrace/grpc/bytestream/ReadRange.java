package dev.millrace.grpc.bytestream;

import dev.millrace.failure.Failure;

/**
 * What part of a resource to read.
 *
 * @param offset bytes to skip
 * @param limit most bytes to send, 0 for all
 */
public record ReadRange(long offset, long limit) {

  public ReadRange {
    if (offset < 0) {
      throw new Failure.OutOfRange("read_offset", "must not be negative, is " + offset);
    }
    if (limit < 0) {
      throw new Failure.InvalidRequest("read_limit", "must not be negative, is " + limit);
    }
  }

  /**
   * Where to stop reading a resource of this size.
   *
   * @throws Failure.OutOfRange if the range begins beyond the end
   */
  public long end(long size) {
    if (offset > size) {
      throw new Failure.OutOfRange(
          "read_offset", "is " + offset + ", beyond the resource's " + size + " bytes");
    }
    return limit == 0 || limit > size - offset ? size : offset + limit;
  }
}
