package dev.millrace.architecture.broken.actioncache.first;

import dev.millrace.architecture.broken.grpc.error.ErrorBean;

/** A back end that knows the edge. */
public final class FirstActionCache {
  ErrorBean edge;
}
