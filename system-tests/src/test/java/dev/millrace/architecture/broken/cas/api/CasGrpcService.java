package dev.millrace.architecture.broken.cas.api;

import dev.millrace.architecture.broken.actions.store.Results;

/** A service that knows another service. */
public final class CasGrpcService {
  Results results;
}
