package dev.millrace.actions.api;

import build.bazel.remote.execution.v2.ServerCapabilities;
import dev.millrace.grpc.capabilities.CapabilitiesContributor;
import dev.millrace.grpc.request.InstancePolicy;
import dev.millrace.grpc.request.Right;
import dev.millrace.instance.InstanceName;

/** Says whether the caller may store results; everything else about the cache is the CAS's to say. */
public final class ActionCacheCapabilities implements CapabilitiesContributor {

  private final InstancePolicy instances;

  public ActionCacheCapabilities(InstancePolicy instances) {
    this.instances = instances;
  }

  @Override
  public void contribute(InstanceName instance, ServerCapabilities.Builder capabilities) {
    capabilities
        .getCacheCapabilitiesBuilder()
        .getActionCacheUpdateCapabilitiesBuilder()
        .setUpdateEnabled(instances.allows(Right.AC_WRITE, instance));
  }
}
