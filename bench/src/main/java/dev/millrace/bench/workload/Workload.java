package dev.millrace.bench.workload;

import dev.millrace.bench.client.Connection;

/** A kind of load. */
public interface Workload {

  /** How figures of it are given. */
  enum Unit {
    /** Bytes a second, CPU a gigabyte. */
    BYTES,
    /** Operations a second, CPU a thousand of them. */
    OPERATIONS
  }

  String name();

  Unit unit();

  /** Operations under way at the same time. */
  int callers();

  /**
   * Brings the endpoint into the state that a round needs; not timed.
   *
   * @param round different for every round of every run: content of two rounds is never the same
   */
  Load prepare(Connection connection, long round);
}
