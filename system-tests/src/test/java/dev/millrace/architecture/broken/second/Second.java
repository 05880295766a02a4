package dev.millrace.architecture.broken.second;

import dev.millrace.architecture.broken.first.First;

/** The other half of a cycle. */
public final class Second {
  First first;
}
