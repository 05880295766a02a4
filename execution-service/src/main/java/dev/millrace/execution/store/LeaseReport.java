package dev.millrace.execution.store;

import build.bazel.remote.execution.v2.ExecutedActionMetadata;
import java.util.Optional;
import java.util.UUID;

/**
 * What a bot says of a lease that it is not done with.
 *
 * @param state as the bot sees it
 * @param partialMetadata what is known of the execution so far, if the bot tells
 */
public record LeaseReport(
    UUID id, HeldLease.State state, Optional<ExecutedActionMetadata> partialMetadata) {}
