package dev.millrace.cas.collection;

import dev.millrace.failure.Failure;

/** What long work does between two of its steps: it may wait, or throw to end the work there. */
@FunctionalInterface
public interface Pace {

  /** As fast as it goes, until the thread is interrupted. */
  Pace UNTIL_INTERRUPTED =
      () -> {
        if (Thread.currentThread().isInterrupted()) {
          throw new Failure.Unavailable("the service ends", null);
        }
      };

  void pause();
}
