package dev.millrace.bench.workload;

import java.util.concurrent.CompletableFuture;

/** A load that is ready to be put on an endpoint, call by call. */
public interface Load extends AutoCloseable {

  /**
   * Starts one operation.
   *
   * @param number of the operation, counted from 0 over all callers
   * @return the bytes that it moved, once it has ended well
   */
  CompletableFuture<Long> start(long number);

  /** Ends what it needed beside the operations. */
  @Override
  default void close() {}
}
