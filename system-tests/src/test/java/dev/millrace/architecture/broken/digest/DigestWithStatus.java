package dev.millrace.architecture.broken.digest;

import io.grpc.Status;

/** A value that knows gRPC. */
public final class DigestWithStatus {
  Status status;
}
