package dev.millrace.architecture.broken.action;

import build.bazel.remote.execution.v2.ActionCacheGrpc.ActionCacheBlockingStub;

/** A value that knows a generated stub. */
public final class ActionOverTheWire {
  ActionCacheBlockingStub stub;
}
