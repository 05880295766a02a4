package dev.millrace.worker.process;

/** Which sandbox the operator wants. */
public enum SandboxSetting {
  /** The best that works on this host. */
  AUTO,
  /** Bubblewrap, or the worker does not start. */
  BUBBLEWRAP,
  /** None: for actions that are trusted, or a worker that is itself confined. */
  NONE
}
