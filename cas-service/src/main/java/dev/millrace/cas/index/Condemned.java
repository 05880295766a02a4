package dev.millrace.cas.index;

/**
 * Blobs of one instance that were condemned by one statement.
 *
 * @param ofBudget bytes of them that were taken from the budget of the {@link Cut}
 */
public record Condemned(int instance, Tally tally, long ofBudget) {}
