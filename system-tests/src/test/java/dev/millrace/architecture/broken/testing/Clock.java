package dev.millrace.architecture.broken.testing;

/** Something for tests. */
public final class Clock {}
