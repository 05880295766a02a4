package dev.millrace.execution.store;

import dev.millrace.actioncache.inlining.InliningWishes;
import dev.millrace.execution.operation.OperationName;
import dev.millrace.execution.operation.OperationState;
import java.time.Instant;

/**
 * An operation at one moment.
 *
 * @param task the run that it stands for, perhaps with others
 * @param state the task's, or that of an operation which was cancelled by itself
 * @param createdAt when its Execute call came
 * @param wishes what its caller wants to have inside of the result
 */
public record OperationSnapshot(
    OperationName name,
    Task task,
    OperationState state,
    Instant createdAt,
    InliningWishes wishes) {}
