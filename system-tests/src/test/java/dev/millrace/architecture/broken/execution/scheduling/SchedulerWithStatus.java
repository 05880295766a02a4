package dev.millrace.architecture.broken.execution.scheduling;

import io.grpc.Status;

/** Scheduling that knows gRPC. */
public final class SchedulerWithStatus {
  Status status;
}
