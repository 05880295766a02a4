package dev.millrace.execution.scheduling;

/**
 * What became of an action on a worker that did not bring it to an end.
 *
 * @param worker who had it
 * @param problem why it came to nothing, for a person
 */
public record FailedAttempt(String worker, String problem) {}
