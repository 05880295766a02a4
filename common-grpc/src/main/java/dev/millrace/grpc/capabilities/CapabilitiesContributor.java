package dev.millrace.grpc.capabilities;

import build.bazel.remote.execution.v2.ServerCapabilities;
import dev.millrace.instance.InstanceName;

/**
 * Says what one service adds to what clients may count on. Contributors set fields of their own.
 */
public interface CapabilitiesContributor {

  /** Adds to what is there, for the current caller, of one instance. */
  void contribute(InstanceName instance, ServerCapabilities.Builder capabilities);
}
