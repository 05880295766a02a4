package dev.millrace.architecture.broken.standalone;

import dev.millrace.architecture.broken.testing.Clock;

/** A process that knows what is for tests. */
public final class Process {
  Clock clock;
}
