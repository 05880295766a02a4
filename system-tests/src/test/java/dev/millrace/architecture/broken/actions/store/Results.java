package dev.millrace.architecture.broken.actions.store;

import dev.millrace.architecture.broken.standalone.Process;

/** A service that knows the process it is part of. */
public final class Results {
  Process process;
}
