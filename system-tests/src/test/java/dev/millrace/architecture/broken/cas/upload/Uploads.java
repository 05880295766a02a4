package dev.millrace.architecture.broken.cas.upload;

import dev.millrace.architecture.broken.cas.api.CasGrpcService;

/** A part of a service that knows its gRPC service. */
public final class Uploads {
  CasGrpcService service;
}
