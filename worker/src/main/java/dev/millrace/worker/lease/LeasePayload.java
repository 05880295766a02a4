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
import dev.millrace.instance.InstanceName;
import dev.millrace.worker.action.ActionOrder;
import java.util.Optional;

/** Reads what a lease asks for: a REAPI Action, or the Digest of one. */
final class LeasePayload {

  /** The property of a lease's requirements that names the digest function. */
  private static final String DIGEST_FUNCTION = "digest-function";

  /** The property of a lease's requirements that names the instance. */
  private static final String INSTANCE = "instance";

  private LeasePayload() {}

  /**
   * @param own the instance that the bot works for: what a lease names is that one or below it
   */
  static ActionOrder orderOf(Lease lease, InstanceName own) {
    InstanceName instance = instance(lease.getRequirements(), own);
    Any payload = lease.getPayload();
    try {
      if (payload.is(Digest.class)) {
        Digest digest = payload.unpack(Digest.class);
        DigestFunction function = function(lease.getRequirements(), digest.getHash());
        return new ActionOrder.Stored(
            instance, Digests.fromProto(digest, function, "lease.payload"));
      }
      if (payload.is(Action.class)) {
        Action action = payload.unpack(Action.class);
        return new ActionOrder.Inline(
            instance,
            action,
            function(lease.getRequirements(), action.getCommandDigest().getHash()));
      }
    } catch (InvalidProtocolBufferException e) {
      throw new InvalidRequest("lease.payload", "cannot be read: " + e.getMessage());
    }
    throw new InvalidRequest(
        "lease.payload", "is neither an Action nor a Digest but '" + payload.getTypeUrl() + "'");
  }

  private static InstanceName instance(Worker requirements, InstanceName own) {
    InstanceName instance = named(requirements, INSTANCE).map(InstanceName::new).orElse(own);
    if (!instance.equals(own) && !instance.value().startsWith(own.prefix())) {
      throw new InvalidRequest(
          "lease.requirements",
          "names instance '%s', which is not below '%s'".formatted(instance, own));
    }
    return instance;
  }

  private static Optional<String> named(Worker requirements, String key) {
    return requirements.getPropertiesList().stream()
        .filter(property -> property.getKey().equals(key))
        .map(Worker.Property::getValue)
        .findFirst();
  }

  /** The function that the lease names, else the one that the hash's length tells. */
  private static DigestFunction function(Worker requirements, String hash) {
    Optional<String> named = named(requirements, DIGEST_FUNCTION);
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
