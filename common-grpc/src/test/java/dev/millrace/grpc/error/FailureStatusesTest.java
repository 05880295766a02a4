package dev.millrace.grpc.error;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.rpc.BadRequest;
import com.google.rpc.Code;
import com.google.rpc.PreconditionFailure;
import com.google.rpc.RetryInfo;
import com.google.rpc.Status;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.failure.Failure;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class FailureStatusesTest {

  private static final Digest SHA256 = new Digest(DigestFunction.SHA256, "a".repeat(64), 1);
  private static final Digest BLAKE3 = new Digest(DigestFunction.BLAKE3, "b".repeat(64), 2);

  private final FailureStatuses statuses = new FailureStatuses(() -> "incident-7");

  /** The agreed table. */
  private static Map<Failure, Code> table() {
    Map<Failure, Code> table = new LinkedHashMap<>();
    table.put(new Failure.InvalidRequest("a.b", "is wrong"), Code.INVALID_ARGUMENT);
    table.put(new Failure.ContentMismatch(SHA256, "is not it"), Code.INVALID_ARGUMENT);
    table.put(new Failure.OutOfRange("read_offset", "is beyond"), Code.OUT_OF_RANGE);
    table.put(new Failure.BlobAbsent(SHA256), Code.NOT_FOUND);
    table.put(new Failure.NotFound("no such operation"), Code.NOT_FOUND);
    table.put(new Failure.BlobsMissing("inputs", List.of(SHA256)), Code.FAILED_PRECONDITION);
    table.put(new Failure.PreconditionFailed("ISA", "no worker"), Code.FAILED_PRECONDITION);
    table.put(new Failure.Denied("not allowed"), Code.PERMISSION_DENIED);
    table.put(new Failure.Exhausted("no room"), Code.RESOURCE_EXHAUSTED);
    table.put(new Failure.Unavailable("storage is away", null), Code.UNAVAILABLE);
    table.put(new Failure.Unsupported("not offered"), Code.UNIMPLEMENTED);
    table.put(new Failure.Corrupt("damaged", null), Code.INTERNAL);
    return table;
  }

  @Test
  void everyKindOfFailureHasItsCode() {
    table()
        .forEach((failure, code) ->
            assertThat(Code.forNumber(statuses.of(failure).getCode()))
                .as("%s", failure)
                .isEqualTo(code));
    assertThat(table().keySet())
        .extracting(Object::getClass)
        .containsExactlyInAnyOrder(Arrays.copyOf(kinds(), kinds().length));
  }

  @Test
  void aCallFailsWithTheSameCodeAndMessage() {
    table()
        .forEach((failure, code) -> {
          StatusRuntimeException thrown = statuses.asException(failure);
          assertThat(thrown.getStatus().getCode().value()).isEqualTo(code.getNumber());
          assertThat(StatusProto.fromThrowable(thrown)).isEqualTo(statuses.of(failure));
        });
  }

  @Test
  void aWrongRequestNamesItsField() {
    BadRequest details =
        detail(statuses.of(new Failure.InvalidRequest("a.b", "is wrong")), BadRequest.class);
    assertThat(details.getFieldViolations(0).getField()).isEqualTo("a.b");
    assertThat(details.getFieldViolations(0).getDescription()).isEqualTo("a.b: is wrong");
  }

  @Test
  void everyMissingBlobIsAViolation() {
    PreconditionFailure details =
        detail(
            statuses.of(new Failure.BlobsMissing("inputs", List.of(SHA256, BLAKE3))),
            PreconditionFailure.class);
    assertThat(details.getViolationsList())
        .allSatisfy(v -> assertThat(v.getType()).isEqualTo("MISSING"))
        .extracting(PreconditionFailure.Violation::getSubject)
        .containsExactly("blobs/" + "a".repeat(64) + "/1", "blobs/blake3/" + "b".repeat(64) + "/2");
  }

  @Test
  void anUnmetConditionIsNotTakenForAMissingBlob() {
    PreconditionFailure details =
        detail(
            statuses.of(new Failure.PreconditionFailed("ISA", "no worker")),
            PreconditionFailure.class);
    assertThat(details.getViolations(0).getSubject()).isEqualTo("ISA");
    assertThat(details.getViolations(0).getType()).isNotEqualTo("MISSING");
  }

  @Test
  void whatMayPassSaysWhenToTryAgain() {
    for (Failure failure :
        List.of(new Failure.Exhausted("no room"), new Failure.Unavailable("away", null))) {
      assertThat(detail(statuses.of(failure), RetryInfo.class).getRetryDelay().getSeconds())
          .isPositive();
    }
  }

  @Test
  void anythingElseIsInternalAndTellsNothingButAnId() {
    for (Throwable thrown :
        List.of(
            new IllegalArgumentException("secret"),
            new NullPointerException("secret"),
            new Failure.Corrupt("secret", null),
            new OutOfMemoryError("secret"),
            io.grpc.Status.NOT_FOUND.withDescription("secret").asRuntimeException())) {
      Status status = statuses.of(thrown);
      assertThat(status.getCode()).isEqualTo(Code.INTERNAL_VALUE);
      assertThat(status.getMessage()).contains("incident-7").doesNotContain("secret");
    }
  }

  @Test
  void trailersStayWithinWhatClientsTakeHoweverMuchIsMissing() {
    List<Digest> digests = new ArrayList<>();
    for (int i = 0; i < 10_000; i++) {
      digests.add(new Digest(DigestFunction.SHA512, "%0128x".formatted(i), i));
    }
    Failure failure = new Failure.BlobsMissing("inputs", digests);
    assertThat(detail(statuses.of(failure), PreconditionFailure.class).getViolationsCount())
        .isEqualTo(10_000);
    StatusRuntimeException thrown = statuses.asException(failure);
    assertThat(sizeOf(thrown)).isLessThan(7 * 1024);
    assertThat(
            detail(StatusProto.fromThrowable(thrown), PreconditionFailure.class)
                .getViolationsCount())
        .isGreaterThan(10);
    assertThat(thrown.getStatus().getDescription()).endsWith("of 10000 are named)");
  }

  @Test
  void trailersStayWithinWhatClientsTakeHoweverLongTheMessage() {
    for (String text : List.of("x".repeat(20_000), "\u00fc".repeat(20_000), "\n".repeat(5000))) {
      StatusRuntimeException thrown = statuses.asException(new Failure.InvalidRequest(text, text));
      assertThat(sizeOf(thrown)).isLessThan(7 * 1024);
    }
  }

  /** As on the wire: text percent-encoded, binary values in base64. */
  private static int sizeOf(StatusRuntimeException thrown) {
    int size = 100;
    for (byte b :
        thrown.getStatus().getDescription().getBytes(java.nio.charset.StandardCharsets.UTF_8)) {
      size += b >= ' ' && b < '~' ? 1 : 3;
    }
    Metadata trailers = thrown.getTrailers();
    for (String key : trailers.keys()) {
      byte[] value = trailers.get(Metadata.Key.of(key, Metadata.BINARY_BYTE_MARSHALLER));
      size += key.length() + (value.length + 2) / 3 * 4;
    }
    return size;
  }

  private static Class<?>[] kinds() {
    return Failure.class.getPermittedSubclasses();
  }

  private static <T extends Message> T detail(Status status, Class<T> type) {
    try {
      for (Any any : status.getDetailsList()) {
        if (any.is(type)) {
          return any.unpack(type);
        }
      }
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
    throw new AssertionError("no " + type.getSimpleName() + " in " + status);
  }
}
