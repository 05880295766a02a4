package dev.millrace.execution;

import build.bazel.remote.execution.v2.CapabilitiesGrpc;
import build.bazel.remote.execution.v2.GetCapabilitiesRequest;
import build.bazel.remote.execution.v2.ServerCapabilities;
import dev.millrace.failure.Failure;
import dev.millrace.grpc.capabilities.CapabilitiesContributor;
import dev.millrace.instance.InstanceName;
import dev.millrace.peer.PeerFailures;
import io.grpc.Channel;
import io.grpc.StatusException;
import java.time.Duration;
import java.util.List;

/**
 * Passes on what other services can do, so that clients find one answer for the suite. A peer that
 * is out of reach makes the answer {@link Failure.Unavailable}: one without its part would have
 * clients do without the cache.
 */
final class PeerCapabilities implements CapabilitiesContributor {

  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final List<Channel> peers;

  PeerCapabilities(List<Channel> peers) {
    this.peers = List.copyOf(peers);
  }

  @Override
  public void contribute(InstanceName instance, ServerCapabilities.Builder capabilities) {
    GetCapabilitiesRequest request =
        GetCapabilitiesRequest.newBuilder().setInstanceName(instance.value()).build();
    for (Channel peer : peers) {
      ServerCapabilities told = ask(peer, request);
      if (told.hasCacheCapabilities()) {
        capabilities.getCacheCapabilitiesBuilder().mergeFrom(told.getCacheCapabilities());
      }
    }
  }

  private static ServerCapabilities ask(Channel peer, GetCapabilitiesRequest request) {
    try {
      return CapabilitiesGrpc.newBlockingV2Stub(peer)
          .withDeadlineAfter(PATIENCE)
          .getCapabilities(request);
    } catch (StatusException e) {
      throw PeerFailures.of(e);
    }
  }
}
