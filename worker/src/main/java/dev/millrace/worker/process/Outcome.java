package dev.millrace.worker.process;

/** How a command ended. What it printed until then is complete in every case. */
public sealed interface Outcome {

  /**
   * By itself.
   *
   * @param exitCode its exit code, or 128 and the signal's number if a signal ended it
   */
  record Exited(int exitCode) implements Outcome {}

  /** It was killed because its time was over. */
  record TimedOut() implements Outcome {}

  /** It was killed because it printed more than is kept; its logs are cut off there. */
  record PrintedTooMuch() implements Outcome {}
}
