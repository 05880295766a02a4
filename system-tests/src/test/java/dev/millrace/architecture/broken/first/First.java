package dev.millrace.architecture.broken.first;

import dev.millrace.architecture.broken.second.Second;

/** One half of a cycle. */
public final class First {
  Second second;
}
