package dev.millrace.peer;

import java.time.Duration;

/** Waits for a while: for real in a service, in no time in a test. */
@FunctionalInterface
public interface Sleeper {

  void sleep(Duration pause) throws InterruptedException;
}
