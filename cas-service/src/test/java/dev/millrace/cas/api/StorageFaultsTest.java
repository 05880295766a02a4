package dev.millrace.cas.api;

import static dev.millrace.cas.api.Cas.upload;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import build.bazel.remote.execution.v2.BatchReadBlobsRequest;
import build.bazel.remote.execution.v2.BatchUpdateBlobsRequest;
import build.bazel.remote.execution.v2.FindMissingBlobsRequest;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.Code;
import com.google.rpc.RetryInfo;
import dev.millrace.cas.backend.S3Backend;
import dev.millrace.cas.s3.FaultyNetwork;
import dev.millrace.cas.s3.FaultyNetwork.Fault;
import dev.millrace.digest.Digest;
import dev.millrace.digest.wire.Digests;
import dev.millrace.testing.RandomBlobs;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What a client sees while S3 or PostgreSQL cannot be reached: that it is to come again, and never
 * that a blob is absent.
 */
final class StorageFaultsTest {

  private static final int LARGE = 1_500_000;

  private FaultyNetwork network;
  private final RandomBlobs random = RandomBlobs.seeded();
  private final S3Backend backend = S3Backend.through(this::faulty);
  private final Cas cas = new Cas(backend);
  private final ByteString small = random.next(100);
  private final ByteString large = random.next(LARGE);
  private final Digest smallDigest = cas.put(small);
  private final Digest largeDigest = cas.put(large);

  private URI faulty(URI server) {
    try {
      network = new FaultyNetwork(server);
      return network.endpoint();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @AfterEach
  void close() throws Exception {
    cas.close();
    network.close();
  }

  static List<Fault> faults() {
    return List.of(
        new Fault.Refuse(),
        new Fault.Stall(),
        new Fault.Answer(500, "InternalError"),
        new Fault.Answer(503, "SlowDown"),
        new Fault.Answer(403, "AccessDenied"),
        new Fault.Answer(404, "NoSuchBucket"));
  }

  @ParameterizedTest
  @MethodSource("faults")
  void aReadDuringAFaultOfS3IsToBeRepeated(Fault fault) {
    network.apply(_ -> fault);
    toBeRepeated(() -> cas.read(Cas.blob(largeDigest), 0, 0));
    toBeRepeated(() -> cas.read(Cas.blob(largeDigest), LARGE - 10, 0));
    toBeRepeated(
        () -> cas.read(Cas.blob(largeDigest).replace("/blobs/", "/compressed-blobs/zstd/"), 0, 0));
    assertThat(cas.read(Cas.blob(smallDigest), 0, 0)).isEqualTo(small);
    assertThat(findMissing()).as("S3 is not asked").isEmpty();
    network.apply(_ -> new Fault.None());
    assertThat(cas.read(Cas.blob(largeDigest), 0, 0)).isEqualTo(large);
  }

  @ParameterizedTest
  @MethodSource("faults")
  void aWriteDuringAFaultOfS3IsToBeRepeatedAndNothingIsVisible(Fault fault) {
    ByteString blob = random.next(LARGE);
    String name = upload(Cas.digest(blob));
    network.apply(_ -> fault);
    toBeRepeated(() -> cas.write().send(name, 0, blob, true).committed());
    assertThat(cas.has(Cas.digest(blob))).isFalse();
    network.apply(_ -> new Fault.None());
    assertThat(cas.write().send(name, 0, blob, true).committed()).isEqualTo(LARGE);
    assertThat(cas.read(Cas.blob(Cas.digest(blob)), 0, 0)).isEqualTo(blob);
  }

  @Test
  void aBatchDuringAFaultOfS3IsToBeRepeatedAsFarAsItNeedsS3() {
    ByteString half = random.next(500_000);
    ByteString other = random.next(500_000);
    Digest digest = cas.put(half);
    network.apply(_ -> new Fault.Answer(503, "SlowDown"));
    BatchReadBlobsRequest read =
        BatchReadBlobsRequest.newBuilder()
            .setInstanceName(Cas.INSTANCE.value())
            .addDigests(Digests.toProto(digest))
            .addDigests(Digests.toProto(smallDigest))
            .build();
    toBeRepeated(() -> cas.storage().batchReadBlobs(read));
    BatchUpdateBlobsRequest.Builder update =
        BatchUpdateBlobsRequest.newBuilder().setInstanceName(Cas.INSTANCE.value());
    update.addRequestsBuilder().setDigest(Digests.toProto(Cas.digest(other))).setData(other);
    update.addRequestsBuilder().setDigest(Digests.toProto(smallDigest)).setData(small);
    assertThat(cas.storage().batchUpdateBlobs(update.build()).getResponsesList())
        .extracting(item -> Code.forNumber(item.getStatus().getCode()))
        .containsExactly(Code.UNAVAILABLE, Code.OK);
    assertThat(cas.has(Cas.digest(other))).isFalse();
  }

  @Test
  void everyCallWithoutItsDatabaseIsToBeRepeated() {
    ByteString blob = random.next(1000);
    String name = upload(Cas.digest(blob));
    backend.databaseIsReachable(false);
    try {
      toBeRepeated(this::findMissing);
      toBeRepeated(() -> cas.read(Cas.blob(smallDigest), 0, 0));
      toBeRepeated(() -> cas.read(Cas.blob(largeDigest), 0, 0));
      toBeRepeated(() -> cas.write().send(name, 0, blob, true).committed());
      toBeRepeated(() -> cas.query(name));
    } finally {
      backend.databaseIsReachable(true);
    }
    Cas.await(this::answersAgain);
    assertThat(findMissing()).isEmpty();
    assertThat(cas.read(Cas.blob(largeDigest), 0, 0)).isEqualTo(large);
    assertThat(cas.write().send(name, 0, blob, true).committed()).isEqualTo(1000);
    assertThat(cas.has(Cas.digest(blob))).isTrue();
  }

  /** Connections are made anew, after a while. */
  private boolean answersAgain() {
    try {
      return findMissing().isEmpty();
    } catch (StatusRuntimeException e) {
      assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      return false;
    }
  }

  private List<build.bazel.remote.execution.v2.Digest> findMissing() {
    return cas.storage()
        .findMissingBlobs(
            FindMissingBlobsRequest.newBuilder()
                .setInstanceName(Cas.INSTANCE.value())
                .addBlobDigests(Digests.toProto(smallDigest))
                .addBlobDigests(Digests.toProto(largeDigest))
                .build())
        .getMissingBlobDigestsList();
  }

  private static void toBeRepeated(ThrowingCallable call) {
    assertThatThrownBy(call)
        .satisfies(thrown -> {
          assertThat(Status.fromThrowable(thrown).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
          assertThat(StatusProto.fromThrowable(thrown).getDetailsList())
              .anySatisfy(detail -> assertThat(delay(detail)).isPositive());
        });
  }

  private static long delay(com.google.protobuf.Any detail) {
    try {
      return detail.unpack(RetryInfo.class).getRetryDelay().getSeconds();
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }
}
