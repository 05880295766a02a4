package dev.millrace.worker.lease;

import build.bazel.remote.execution.v2.Action;
import build.bazel.remote.execution.v2.Digest;
import com.google.devtools.remoteworkers.v1test2.Lease;
import com.google.devtools.remoteworkers.v1test2.Worker;
import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.millrace.digest.DigestFunction;
import dev.millrace.digest.wire.Digests;
import dev.millrace.failure.Failure.InvalidRequest;
import dev.millrace.worker.action.ActionOrder;
import java.util.Optional;

/** Reads what a lease asks for: a REAPI Action, or the Digest of one. */
final class LeasePayload {

  /** The property of a lease's requirements that names the digest function. */
  private static final String DIGEST_FUNCTION = "digest-function";

  private LeasePayload() {}

  static ActionOrder orderOf(Lease lease) {
    Any payload = lease.getPayload();
    try {
      if (payload.is(Digest.class)) {
        Digest digest = payload.unpack(Digest.class);
        DigestFunction function = function(lease.getRequirements(), digest.getHash());
        return new ActionOrder.Stored(Digests.fromProto(digest, function, "lease.payload"));
      }
      if (payload.is(Action.class)) {
        Action action = payload.unpack(Action.class);
        return new ActionOrder.Inline(
            action, function(lease.getRequirements(), action.getCommandDigest().getHash()));
      }
    } catch (InvalidProtocolBufferException e) {
      throw new InvalidRequest("lease.payload", "cannot be read: " + e.getMessage());
    }
    throw new InvalidRequest(
        "lease.payload", "is neither an Action nor a Digest but '" + payload.getTypeUrl() + "'");
  }

  /** The function that the lease names, else the one that the hash's length tells. */
  private static DigestFunction function(Worker requirements, String hash) {
    Optional<String> named =
        requirements.getPropertiesList().stream()
            .filter(property -> property.getKey().equals(DIGEST_FUNCTION))
            .map(Worker.Property::getValue)
            .findFirst();
    if (named.isEmpty()) {
      return Digests.functionOf(/* number= */ 0, hash);
    }
    try {
      return DigestFunction.valueOf(named.get());
    } catch (IllegalArgumentException e) {
      throw new InvalidRequest(
          "lease.requirements", "names an unknown digest function '" + named.get() + "'");
    }
  }
}
