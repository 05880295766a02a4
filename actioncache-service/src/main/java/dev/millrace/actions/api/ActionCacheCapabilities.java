package dev.millrace.actions.api;

import build.bazel.remote.execution.v2.ServerCapabilities;
import dev.millrace.grpc.capabilities.CapabilitiesContributor;
import dev.millrace.instance.InstanceName;

/** Says that results may be stored; everything else about the cache is the CAS's to say. */
public final class ActionCacheCapabilities implements CapabilitiesContributor {

  @Override
  public void contribute(InstanceName instance, ServerCapabilities.Builder capabilities) {
    capabilities
        .getCacheCapabilitiesBuilder()
        .getActionCacheUpdateCapabilitiesBuilder()
        .setUpdateEnabled(true);
  }
}
