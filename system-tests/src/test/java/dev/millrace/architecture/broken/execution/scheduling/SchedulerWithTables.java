package dev.millrace.architecture.broken.execution.scheduling;

import java.sql.Connection;

/** Scheduling that knows SQL. */
public final class SchedulerWithTables {
  Connection connection;
}
