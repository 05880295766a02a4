package dev.millrace.peer;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.rpc.BadRequest;
import com.google.rpc.PreconditionFailure;
import dev.millrace.digest.Digest;
import dev.millrace.failure.Failure;
import dev.millrace.resourcename.ResourceName;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.protobuf.StatusProto;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The failures that a peer's statuses stand for: the way back of what its edge did. Nothing that a
 * peer answers beyond the protocol ever becomes an absence.
 */
public final class PeerFailures {

  /** The field of a refusal that names none. */
  public static final String UNNAMED_FIELD = "request";

  private PeerFailures() {}

  public static Failure of(StatusException e) {
    return of(e.getStatus(), StatusProto.fromThrowable(e), e);
  }

  /** The failure of one item of a batch, which has its status in the answer. */
  public static Failure of(com.google.rpc.Status status) {
    StatusException e = StatusProto.toStatusException(status);
    return of(e.getStatus(), status, e);
  }

  private static Failure of(
      Status status, com.google.rpc.@Nullable Status details, Throwable cause) {
    String message =
        status.getDescription() == null ? status.getCode().name() : status.getDescription();
    return switch (status.getCode()) {
      case INVALID_ARGUMENT ->
          detail(details, BadRequest.class)
              .filter(bad -> bad.getFieldViolationsCount() > 0)
              .map(bad -> bad.getFieldViolations(0))
              .map(PeerFailures::invalidRequest)
              .orElseGet(() -> new Failure.InvalidRequest(UNNAMED_FIELD, message));
      case OUT_OF_RANGE -> new Failure.OutOfRange(UNNAMED_FIELD, message);
      case NOT_FOUND -> new Failure.NotFound(message);
      case FAILED_PRECONDITION ->
          detail(details, PreconditionFailure.class)
              .map(precondition -> preconditionFailed(precondition, message))
              .orElseGet(() -> new Failure.PreconditionFailed(UNNAMED_FIELD, message));
      case RESOURCE_EXHAUSTED -> new Failure.Exhausted(message);
      case UNIMPLEMENTED -> new Failure.Unsupported(message);
      case DATA_LOSS -> new Failure.Corrupt(message, cause);
      case UNAVAILABLE, DEADLINE_EXCEEDED, CANCELLED, ABORTED ->
          new Failure.Unavailable("a peer is out of reach: " + message, cause);
      case OK, UNKNOWN, INTERNAL, ALREADY_EXISTS, PERMISSION_DENIED, UNAUTHENTICATED ->
          new Failure.Unavailable("a peer answered " + status.getCode() + ": " + message, cause);
    };
  }

  private static Failure invalidRequest(BadRequest.FieldViolation violation) {
    // Our own peers put the field in front of the description, as the failure does again.
    String field = violation.getField();
    String prefix = field + ": ";
    String problem = violation.getDescription();
    return new Failure.InvalidRequest(
        field, problem.startsWith(prefix) ? problem.substring(prefix.length()) : problem);
  }

  private static Failure preconditionFailed(PreconditionFailure precondition, String message) {
    List<Digest> missing = new ArrayList<>();
    for (PreconditionFailure.Violation violation : precondition.getViolationsList()) {
      if (violation.getType().equals("MISSING")) {
        blobOf(violation.getSubject()).ifPresent(missing::add);
      }
    }
    if (!missing.isEmpty()) {
      return new Failure.BlobsMissing(message, missing);
    }
    String subject =
        precondition.getViolationsCount() > 0
            ? precondition.getViolations(0).getSubject()
            : UNNAMED_FIELD;
    return new Failure.PreconditionFailed(subject, message);
  }

  private static Optional<Digest> blobOf(String subject) {
    try {
      return ResourceName.parse(subject) instanceof ResourceName.Blob blob
          ? Optional.of(blob.digest())
          : Optional.empty();
    } catch (Failure.InvalidRequest e) {
      // A subject of some other form is no blob; the message still says what the peer meant.
      return Optional.empty();
    }
  }

  private static <T extends Message> Optional<T> detail(
      com.google.rpc.@Nullable Status status, Class<T> type) {
    if (status == null) {
      return Optional.empty();
    }
    for (Any any : status.getDetailsList()) {
      if (any.is(type)) {
        try {
          return Optional.of(any.unpack(type));
        } catch (InvalidProtocolBufferException e) {
          // A detail that cannot be read leaves the code and the message.
          return Optional.empty();
        }
      }
    }
    return Optional.empty();
  }
}
