package dev.millrace.execution.admin;

import java.time.Instant;
import java.util.List;

/**
 * An action that is queued or with a worker.
 *
 * @param action hash and size of it
 * @param operations the names under which clients wait for it
 * @param stage QUEUED or EXECUTING
 * @param attempts how often a worker was given it
 * @param workers the id of the bot that has it; of two if a second one was given it as well
 */
public record LiveAction(
    String action,
    List<String> operations,
    String stage,
    Instant queuedAt,
    int attempts,
    int priority,
    List<String> workers,
    String tool,
    String invocation,
    String target,
    String mnemonic) {

  public LiveAction {
    operations = List.copyOf(operations);
    workers = List.copyOf(workers);
  }
}
