package dev.millrace.cas.api;

import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.digest.wire.Digests;
import dev.millrace.grpc.request.DigestFunctionPolicy;
import dev.millrace.grpc.request.InstancePolicy;
import dev.millrace.grpc.request.Right;
import dev.millrace.instance.InstanceName;
import java.util.List;

/**
 * What every request is checked for before it is served.
 *
 * @param instances which instances are served
 * @param functions which digest functions are enabled
 */
public record RequestChecks(InstancePolicy instances, DigestFunctionPolicy functions) {

  InstanceName instance(String name) {
    return instances.require(name);
  }

  /** The instance of a request that stores blobs. */
  InstanceName writableInstance(String name) {
    return instances.require(name, Right.CAS_WRITE);
  }

  /** The digests of a request's repeated field; a malformed one is named by its index. */
  List<Digest> digests(
      List<build.bazel.remote.execution.v2.Digest> protos, int functionNumber, String field) {
    return Digests.fromProto(protos, function(protos, functionNumber), field);
  }

  DigestFunction function(List<build.bazel.remote.execution.v2.Digest> protos, int functionNumber) {
    return functions.require(functionNumber, protos.isEmpty() ? "" : protos.getFirst().getHash());
  }
}
