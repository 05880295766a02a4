package dev.millrace.digest.wire;

import build.bazel.remote.execution.v2.DigestFunction.Value;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.failure.Failure.InvalidRequest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Digests to and from the wire, where the function is told beside them, if at all. */
public final class Digests {

  private Digests() {}

  /** The digest of a message, or a failure that names {@code field}. */
  public static Digest fromProto(
      build.bazel.remote.execution.v2.Digest proto, DigestFunction function, String field) {
    try {
      return new Digest(function, proto.getHash(), proto.getSizeBytes());
    } catch (IllegalArgumentException e) {
      throw new InvalidRequest(field, String.valueOf(e.getMessage()));
    }
  }

  /** A repeated field's digests; a malformed one is named by its index. */
  public static List<Digest> fromProto(
      List<build.bazel.remote.execution.v2.Digest> protos, DigestFunction function, String field) {
    List<Digest> digests = new ArrayList<>(protos.size());
    for (build.bazel.remote.execution.v2.Digest proto : protos) {
      try {
        digests.add(new Digest(function, proto.getHash(), proto.getSizeBytes()));
      } catch (IllegalArgumentException e) {
        throw new InvalidRequest(
            field + "[" + digests.size() + "]", String.valueOf(e.getMessage()));
      }
    }
    return Collections.unmodifiableList(digests);
  }

  public static build.bazel.remote.execution.v2.Digest toProto(Digest digest) {
    return build.bazel.remote.execution.v2.Digest.newBuilder()
        .setHash(digest.hash())
        .setSizeBytes(digest.sizeBytes())
        .build();
  }

  public static Value toProto(DigestFunction function) {
    return Value.forNumber(function.number());
  }

  /**
   * The function of a request. One that is left out follows from the length of the request's first
   * hash, as clients from before the field expect.
   *
   * @param number the field's number on the wire, which may be one that nobody has defined
   * @param anyHash a hash of the request, to tell an unset function by; empty if it has none
   */
  public static DigestFunction functionOf(int number, String anyHash) {
    if (number == Value.UNKNOWN_VALUE) {
      return anyHash.isEmpty()
          ? DigestFunction.SHA256
          : DigestFunction.ofHashLength(anyHash.length())
              .orElseThrow(() ->
                  new InvalidRequest(
                      "digest_function",
                      "is not set, and no function has hashes of %d characters"
                          .formatted(anyHash.length())));
    }
    return DigestFunction.ofNumber(number)
        .orElseThrow(() ->
            new InvalidRequest(
                "digest_function",
                (number == Value.MURMUR3_VALUE
                        ? "MURMUR3 is not collision resistant and is refused"
                        : "number " + number + " is not a function served here")
                    + "; use one that Capabilities lists"));
  }
}
