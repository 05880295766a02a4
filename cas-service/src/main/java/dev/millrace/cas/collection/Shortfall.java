package dev.millrace.cas.collection;

/**
 * A limit that cannot be kept for now, because what is above it was used within the retention time.
 *
 * @param bytes by which it is missed
 */
public record Shortfall(Limit limit, long bytes) {}
