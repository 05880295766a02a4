package dev.millrace.execution.scheduling;

/**
 * Queued actions that are interchangeable but for their age: they wait for the same workers on
 * behalf of the same invocation, and are equally urgent.
 *
 * @param queue what they ask of a worker, by number
 * @param team who shares all workers with the other teams
 * @param user who shares with the other users of the team, or empty
 * @param invocation what shares with the user's other invocations, or empty
 * @param priority lower runs earlier, within the team
 */
public record Flow(long queue, String team, String user, String invocation, int priority) {}
