package dev.millrace.failure;

import dev.millrace.digest.Digest;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Why a request could not be served. Each kind carries the data that a caller needs to act on it;
 * none of them knows gRPC. The edge turns them into statuses in one place.
 */
public abstract sealed class Failure extends RuntimeException {

  private Failure(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /** The request itself is wrong, and repeating it cannot help. */
  public static final class InvalidRequest extends Failure {
    private final String field;

    /**
     * @param field the path of the offending field, as in the request ("requests[3].digest.hash")
     * @param problem what is wrong with it and what would be right
     */
    public InvalidRequest(String field, String problem) {
      super(field + ": " + problem, null);
      this.field = field;
    }

    public String field() {
      return field;
    }
  }

  /** An offset or range lies outside of what it points into. */
  public static final class OutOfRange extends Failure {
    public OutOfRange(String field, String problem) {
      super(field + ": " + problem, null);
    }
  }

  /** A blob that was asked for is not stored here. */
  public static final class BlobAbsent extends Failure {
    private final Digest digest;

    public BlobAbsent(Digest digest) {
      super("blob " + digest + " is not in the store", null);
      this.digest = digest;
    }

    public Digest digest() {
      return digest;
    }
  }

  /** Something other than a blob that was asked for does not exist: a result, operation, upload. */
  public static final class NotFound extends Failure {
    public NotFound(String message) {
      super(message, null);
    }
  }

  /** The content sent does not match the digest that it was sent under. */
  public static final class ContentMismatch extends Failure {
    private final Digest expected;

    public ContentMismatch(Digest expected, String problem) {
      super("content of " + expected + ": " + problem, null);
      this.expected = expected;
    }

    public Digest expected() {
      return expected;
    }
  }

  /** A request refers to blobs that are not stored; all of them are named at once. */
  public static final class BlobsMissing extends Failure {
    private final List<Digest> digests;

    /**
     * @param what the request or message that refers to them
     * @param digests all of the missing blobs, at least one
     */
    public BlobsMissing(String what, List<Digest> digests) {
      super(message(what, digests), null);
      this.digests = List.copyOf(digests);
    }

    private static String message(String what, List<Digest> digests) {
      if (digests.isEmpty()) {
        throw new IllegalArgumentException("digests: at least one blob has to be missing");
      }
      return what + ": " + digests.size() + " blob(s) missing, first " + digests.getFirst();
    }

    public List<Digest> digests() {
      return digests;
    }
  }

  /** The request is well formed but cannot be served as the system stands (no such worker…). */
  public static final class PreconditionFailed extends Failure {
    private final String subject;

    /**
     * @param subject what the condition is about, e.g. a platform property's name
     * @param problem what does not hold, and what would
     */
    public PreconditionFailed(String subject, String problem) {
      super(subject + ": " + problem, null);
      this.subject = subject;
    }

    public String subject() {
      return subject;
    }
  }

  /** The caller may not do what it asks for. */
  public static final class Denied extends Failure {
    public Denied(String message) {
      super(message, null);
    }
  }

  /** There is no room, or a quota or limit is used up. */
  public static final class Exhausted extends Failure {
    public Exhausted(String message) {
      super(message, null);
    }
  }

  /** Storage, a peer or this process cannot serve just now; trying again may help. */
  public static final class Unavailable extends Failure {
    public Unavailable(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }

  /** The method exists but this deployment does not offer it. */
  public static final class Unsupported extends Failure {
    public Unsupported(String message) {
      super(message, null);
    }
  }

  /** Stored bytes are not what was stored: damage, which a retry does not heal. */
  public static final class Corrupt extends Failure {
    public Corrupt(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }
}
