package dev.millrace.architecture.broken.actioncache;

import dev.millrace.architecture.broken.grpc.error.ErrorBean;

/** An interface of results that knows the edge. */
public final class ResultsFromTheEdge {
  ErrorBean edge;
}
