package dev.millrace.execution.api;

import build.bazel.remote.execution.v2.ExecutionCapabilities;
import build.bazel.remote.execution.v2.ServerCapabilities;
import dev.millrace.digest.wire.Digests;
import dev.millrace.grpc.capabilities.CapabilitiesContributor;
import dev.millrace.grpc.request.DigestFunctionPolicy;
import dev.millrace.instance.InstanceName;

/** What clients may count on when they have actions run here. */
public final class ExecutionCapabilitiesContributor implements CapabilitiesContributor {

  private final DigestFunctionPolicy functions;
  private final Priorities priorities;

  public ExecutionCapabilitiesContributor(DigestFunctionPolicy functions, Priorities priorities) {
    this.functions = functions;
    this.priorities = priorities;
  }

  @Override
  public void contribute(InstanceName instance, ServerCapabilities.Builder capabilities) {
    ExecutionCapabilities.Builder execution = capabilities.getExecutionCapabilitiesBuilder();
    execution
        .setExecEnabled(true)
        .setDigestFunction(Digests.toProto(functions.enabled().getFirst()))
        .addSupportedNodeProperties("mtime")
        .addSupportedNodeProperties("unix_mode");
    execution
        .getExecutionPriorityCapabilitiesBuilder()
        .addPrioritiesBuilder()
        .setMinPriority(priorities.lowest())
        .setMaxPriority(priorities.highest());
    functions
        .enabled()
        .forEach(function -> execution.addDigestFunctions(Digests.toProto(function)));
  }
}
