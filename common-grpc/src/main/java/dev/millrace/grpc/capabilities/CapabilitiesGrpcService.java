package dev.millrace.grpc.capabilities;

import build.bazel.remote.execution.v2.CapabilitiesGrpc;
import build.bazel.remote.execution.v2.GetCapabilitiesRequest;
import build.bazel.remote.execution.v2.ServerCapabilities;
import build.bazel.semver.SemVer;
import dev.millrace.grpc.request.InstancePolicy;
import dev.millrace.grpc.request.Right;
import dev.millrace.instance.InstanceName;
import io.grpc.stub.StreamObserver;
import java.util.List;

/**
 * The one Capabilities service of a process: merges what every service in it contributes, and takes
 * out what the caller is not allowed.
 */
public final class CapabilitiesGrpcService extends CapabilitiesGrpc.CapabilitiesImplBase {

  private static final SemVer LOW = SemVer.newBuilder().setMajor(2).build();
  private static final SemVer HIGH = SemVer.newBuilder().setMajor(2).setMinor(12).build();

  private final InstancePolicy instances;
  private final List<CapabilitiesContributor> contributors;

  public CapabilitiesGrpcService(
      InstancePolicy instances, List<CapabilitiesContributor> contributors) {
    this.instances = instances;
    this.contributors = List.copyOf(contributors);
  }

  @Override
  public void getCapabilities(
      GetCapabilitiesRequest request, StreamObserver<ServerCapabilities> responses) {
    InstanceName instance = instances.require(request.getInstanceName());
    ServerCapabilities.Builder capabilities =
        ServerCapabilities.newBuilder().setLowApiVersion(LOW).setHighApiVersion(HIGH);
    contributors.forEach(contributor -> contributor.contribute(instance, capabilities));
    if (!instances.allows(Right.AC_WRITE, instance)
        && capabilities.getCacheCapabilities().hasActionCacheUpdateCapabilities()) {
      capabilities
          .getCacheCapabilitiesBuilder()
          .getActionCacheUpdateCapabilitiesBuilder()
          .setUpdateEnabled(false);
    }
    responses.onNext(capabilities.build());
    responses.onCompleted();
  }
}
