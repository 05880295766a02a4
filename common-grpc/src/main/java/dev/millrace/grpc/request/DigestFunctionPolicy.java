package dev.millrace.grpc.request;

import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.digest.wire.Digests;
import dev.millrace.failure.Failure;
import java.util.List;

/**
 * The digest functions that the operator enabled, the preferred one first.
 *
 * @param enabled without duplicates, not empty
 */
public record DigestFunctionPolicy(List<DigestFunction> enabled) {

  /** All that are served but MD5, of which colliding content is easy to make. */
  public static final DigestFunctionPolicy DEFAULT =
      new DigestFunctionPolicy(
          List.of(
              DigestFunction.SHA256,
              DigestFunction.BLAKE3,
              DigestFunction.SHA1,
              DigestFunction.SHA384,
              DigestFunction.SHA512,
              DigestFunction.SHA256TREE,
              DigestFunction.GITSHA1));

  public DigestFunctionPolicy {
    enabled = List.copyOf(enabled);
    if (enabled.isEmpty() || enabled.stream().distinct().count() < enabled.size()) {
      throw new IllegalArgumentException(
          "digest functions: at least one, each once, not " + enabled);
    }
  }

  /**
   * The function of a request, as {@link Digests#functionOf} finds it.
   *
   * @param number the request's field
   * @param anyHash a hash of the request, or empty
   * @throws Failure.InvalidRequest if it is none, or not enabled
   */
  public DigestFunction require(int number, String anyHash) {
    DigestFunction function = Digests.functionOf(number, anyHash);
    check(function, "digest_function");
    return function;
  }

  /**
   * @throws Failure.InvalidRequest if a digest named by {@code field} is of a function not enabled
   */
  public void check(Digest digest, String field) {
    check(digest.function(), field);
  }

  private void check(DigestFunction function, String field) {
    if (!enabled.contains(function)) {
      throw new Failure.InvalidRequest(
          field, function + " is not enabled here; use one that Capabilities lists: " + enabled);
    }
  }
}
