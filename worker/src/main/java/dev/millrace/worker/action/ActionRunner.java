package dev.millrace.worker.action;

import build.bazel.remote.execution.v2.ExecutedActionMetadata;
import dev.millrace.failure.Failure;
import java.util.function.Consumer;

/** Runs actions. */
public interface ActionRunner {

  /**
   * Runs one action to its end; its outputs are stored when this returns. To cancel it, interrupt
   * the thread: nothing of the action is left when this throws.
   *
   * @param progress is told what is known of the action's times whenever that changes
   * @throws Failure.BlobsMissing if the action or its inputs are not stored
   * @throws Failure if it could not be run for another reason
   */
  ActionOutcome run(ActionOrder order, Consumer<ExecutedActionMetadata> progress)
      throws InterruptedException;
}
