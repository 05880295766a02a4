package dev.millrace.execution.store;

import build.bazel.remote.execution.v2.ExecutedActionMetadata;
import dev.millrace.digest.Digest;
import dev.millrace.execution.operation.OperationState;
import dev.millrace.instance.InstanceName;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;

/**
 * One run of an action, as it stands.
 *
 * @param queue the queue that it waits or waited in
 * @param partialMetadata what the worker told of it so far
 */
public record Task(
    UUID id,
    long queue,
    InstanceName instance,
    Digest action,
    boolean doNotCache,
    Duration timeout,
    Submission.Origin origin,
    Instant queuedAt,
    OperationState state,
    ExecutedActionMetadata partialMetadata) {}
