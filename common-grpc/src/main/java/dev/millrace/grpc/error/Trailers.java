package dev.millrace.grpc.error;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.BadRequest;
import com.google.rpc.PreconditionFailure;
import com.google.rpc.Status;

/**
 * Cuts a status to what fits into trailers. Clients refuse more than 8 KiB of headers by default,
 * and then see neither code nor message; a status that is part of a message has no such limit.
 */
final class Trailers {

  /** Sent twice: percent-encoded as text, and in the details. */
  private static final int MAX_MESSAGE_LENGTH = 700;

  /** Sent in base64, which makes four bytes of three. */
  private static final int MAX_DETAILS_BYTES = 3 * 1024;

  private static final int MAX_TEXT_LENGTH = 700;

  private Trailers() {}

  static Status fit(Status status) {
    Status.Builder fitted = status.toBuilder().clearDetails();
    String message = cut(status.getMessage(), MAX_MESSAGE_LENGTH);
    for (Any detail : status.getDetailsList()) {
      try {
        if (detail.is(PreconditionFailure.class)) {
          PreconditionFailure whole = detail.unpack(PreconditionFailure.class);
          PreconditionFailure part = fit(whole);
          fitted.addDetails(Any.pack(part));
          if (part.getViolationsCount() < whole.getViolationsCount()) {
            message +=
                " (the first %d of %d are named)"
                    .formatted(part.getViolationsCount(), whole.getViolationsCount());
          }
        } else if (detail.is(BadRequest.class)) {
          fitted.addDetails(Any.pack(fit(detail.unpack(BadRequest.class))));
        } else {
          fitted.addDetails(detail);
        }
      } catch (InvalidProtocolBufferException e) {
        throw new IllegalStateException("details that were packed here do not unpack", e);
      }
    }
    return fitted.setMessage(message).build();
  }

  private static PreconditionFailure fit(PreconditionFailure whole) {
    PreconditionFailure.Builder part = PreconditionFailure.newBuilder();
    int room = MAX_DETAILS_BYTES;
    for (PreconditionFailure.Violation violation : whole.getViolationsList()) {
      PreconditionFailure.Violation kept =
          violation.toBuilder()
              .setSubject(cut(violation.getSubject(), MAX_TEXT_LENGTH))
              .setDescription(cut(violation.getDescription(), MAX_TEXT_LENGTH))
              .build();
      room -= kept.getSerializedSize() + 3;
      if (room < 0) {
        break;
      }
      part.addViolations(kept);
    }
    return part.build();
  }

  private static BadRequest fit(BadRequest whole) {
    BadRequest.Builder part = BadRequest.newBuilder();
    for (BadRequest.FieldViolation violation : whole.getFieldViolationsList()) {
      part.addFieldViolationsBuilder()
          .setField(cut(violation.getField(), MAX_TEXT_LENGTH))
          .setDescription(cut(violation.getDescription(), MAX_TEXT_LENGTH));
    }
    return part.build();
  }

  /** Counts what is not printable ASCII three times, as percent-encoding does and worse. */
  private static String cut(String text, int limit) {
    int cost = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      cost += c >= ' ' && c < 0x7f ? 1 : 9;
      if (cost > limit) {
        int end = i > 0 && Character.isHighSurrogate(text.charAt(i - 1)) ? i - 1 : i;
        return text.substring(0, end) + "...";
      }
    }
    return text;
  }
}
