package dev.millrace.execution.admin;

import java.time.Instant;
import java.util.Optional;

/**
 * A standing order that workers are given nothing new; what they have they finish.
 *
 * @param by who ordered it
 * @param until when it ends by itself, if ever
 */
public record Drain(
    WorkerPattern workers, String by, String reason, Instant since, Optional<Instant> until) {}
