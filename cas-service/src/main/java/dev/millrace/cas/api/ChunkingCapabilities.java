package dev.millrace.cas.api;

import build.bazel.remote.execution.v2.ServerCapabilities;
import dev.millrace.cas.chunking.Chunkings;
import dev.millrace.grpc.capabilities.CapabilitiesContributor;
import dev.millrace.instance.InstanceName;

/** Says how blobs are cut, so that clients cut them in the same places. */
public final class ChunkingCapabilities implements CapabilitiesContributor {

  private final Chunkings chunkings;

  public ChunkingCapabilities(Chunkings chunkings) {
    this.chunkings = chunkings;
  }

  @Override
  public void contribute(InstanceName instance, ServerCapabilities.Builder capabilities) {
    var cache =
        capabilities
            .getCacheCapabilitiesBuilder()
            .setSplitBlobSupport(true)
            .setSpliceBlobSupport(true);
    cache
        .getFastCdc2020ParamsBuilder()
        .setAvgChunkSizeBytes(chunkings.fastCdc2020().averageBytes())
        .setSeed((int) chunkings.fastCdc2020().seed());
    cache
        .getRepMaxCdcParamsBuilder()
        .setMinChunkSizeBytes(chunkings.repMaxCdc().minBytes())
        .setHorizonSizeBytes(chunkings.repMaxCdc().horizonBytes());
  }
}
