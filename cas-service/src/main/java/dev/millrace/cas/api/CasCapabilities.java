package dev.millrace.cas.api;

import build.bazel.remote.execution.v2.CacheCapabilities;
import build.bazel.remote.execution.v2.ServerCapabilities;
import build.bazel.remote.execution.v2.SymlinkAbsolutePathStrategy;
import dev.millrace.digest.wire.Digests;
import dev.millrace.grpc.capabilities.CapabilitiesContributor;
import dev.millrace.grpc.request.DigestFunctionPolicy;
import dev.millrace.instance.InstanceName;
import dev.millrace.resourcename.Compressor;

/** What clients may count on when they store and read blobs here. */
public final class CasCapabilities implements CapabilitiesContributor {

  private final DigestFunctionPolicy functions;
  private final long maxBatchBytes;

  public CasCapabilities(DigestFunctionPolicy functions, long maxBatchBytes) {
    this.functions = functions;
    this.maxBatchBytes = maxBatchBytes;
  }

  @Override
  public void contribute(InstanceName instance, ServerCapabilities.Builder capabilities) {
    CacheCapabilities.Builder cache = capabilities.getCacheCapabilitiesBuilder();
    cache
        .clearDigestFunctions()
        .setMaxBatchTotalSizeBytes(maxBatchBytes)
        .setSymlinkAbsolutePathStrategy(SymlinkAbsolutePathStrategy.Value.ALLOWED)
        .clearSupportedCompressors()
        .clearSupportedBatchUpdateCompressors();
    for (Compressor compressor : ServedCompressors.ALL) {
      cache.addSupportedCompressorsValue(compressor.number());
      cache.addSupportedBatchUpdateCompressorsValue(compressor.number());
    }
    functions.enabled().forEach(function -> cache.addDigestFunctions(Digests.toProto(function)));
  }
}
