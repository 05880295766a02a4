package dev.millrace.execution.store;

import java.util.Optional;

/**
 * Which operations to list; what is empty does not matter.
 *
 * @param stage QUEUED, EXECUTING or COMPLETED
 * @param done whether it is over
 * @param invocation the tool's invocation that asked for it
 * @param actionHash hash of the action's digest
 */
public record OperationFilter(
    Optional<String> stage,
    Optional<Boolean> done,
    Optional<String> invocation,
    Optional<String> actionHash) {

  public static final OperationFilter ALL =
      new OperationFilter(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
}
