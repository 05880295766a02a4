package dev.millrace.execution.store;

import build.bazel.remote.execution.v2.ExecutedActionMetadata;
import java.util.List;

/**
 * One sign of life of a bot.
 *
 * @param session its session's name
 * @param bot what it says of itself
 * @param leases those that it has and is not done with
 */
record BotReport(String session, BotSession bot, List<LeaseReport> leases) {

  /** How much it brings of what varies. */
  long bytes() {
    return leases.stream()
        .flatMap(lease -> lease.partialMetadata().stream())
        .mapToLong(ExecutedActionMetadata::getSerializedSize)
        .sum();
  }
}
