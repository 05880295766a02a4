package dev.millrace.execution.api;

import dev.millrace.failure.Failure;
import java.time.Duration;

/** Durations to and from the wire. */
final class DurationMessages {

  /** Ten thousand years, as far as the message's definition goes. */
  private static final long MAX_SECONDS = 315_576_000_000L;

  private static final int NANOS = 1_000_000_000;

  private DurationMessages() {}

  static Duration fromProto(com.google.protobuf.Duration proto, String field) {
    if (Math.abs(proto.getSeconds()) > MAX_SECONDS || Math.abs(proto.getNanos()) >= NANOS) {
      throw new Failure.InvalidRequest(field, "is not a valid Duration");
    }
    return Duration.ofSeconds(proto.getSeconds(), proto.getNanos());
  }

  static com.google.protobuf.Duration toProto(Duration duration) {
    return com.google.protobuf.Duration.newBuilder()
        .setSeconds(duration.getSeconds())
        .setNanos(duration.getNano())
        .build();
  }
}
