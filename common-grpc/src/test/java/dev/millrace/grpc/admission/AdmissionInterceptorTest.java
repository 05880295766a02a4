package dev.millrace.grpc.admission;

import static org.assertj.core.api.Assertions.assertThat;

import build.bazel.remote.execution.v2.BatchReadBlobsRequest;
import build.bazel.remote.execution.v2.BatchReadBlobsResponse;
import build.bazel.remote.execution.v2.ContentAddressableStorageGrpc;
import build.bazel.remote.execution.v2.ExecutionGrpc;
import build.bazel.remote.execution.v2.FindMissingBlobsRequest;
import build.bazel.remote.execution.v2.FindMissingBlobsResponse;
import build.bazel.remote.execution.v2.WaitExecutionRequest;
import com.google.bytestream.ByteStreamGrpc;
import com.google.bytestream.ReadRequest;
import com.google.bytestream.ReadResponse;
import com.google.bytestream.WriteRequest;
import com.google.bytestream.WriteResponse;
import com.google.longrunning.Operation;
import com.google.protobuf.ByteString;
import dev.millrace.grpc.admission.Guarded.Transport;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(60)
final class AdmissionInterceptorTest {

  private static final Duration LONGER_THAN_IDLE = Guarded.IDLE.plusSeconds(1);

  @ParameterizedTest
  @EnumSource
  void whatThereIsNoRoomForIsRefusedBeforeItIsRead(Transport transport) {
    try (Guarded server = new Guarded(transport, Guarded.narrow())) {
      Channel channel = server.connect();
      RawCall<WriteRequest, WriteResponse> first = write(channel, "any");
      Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> server.writesBegun.get() == 1);
      RawCall<WriteRequest, WriteResponse> second = write(channel, "any");
      assertThat(second.status().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
      assertThat(second.status().getDescription())
          .contains("uploads", "millrace.grpc.admission.uploads");
      assertThat(second.isToldToComeBack()).isTrue();
      assertThat(server.writesBegun.get()).isEqualTo(1);
      assertThat(read(channel, "any").take().status().isOk()).isTrue();
      first.cancel();
      Awaitility.await().atMost(Duration.ofSeconds(60)).until(server::isEmpty);
      assertThat(write(channel, "any").halfClose().take().status().isOk()).isTrue();
    }
  }

  @ParameterizedTest
  @EnumSource
  void nothingIsKeptHoweverCallsEnd(Transport transport) {
    long seed = System.nanoTime();
    System.out.println("AdmissionInterceptorTest seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    try (Guarded server = new Guarded(transport, Guarded.narrow())) {
      Channel channel = server.connect();
      List<RawCall<?, ?>> calls = new ArrayList<>();
      for (int i = 0; i < 300; i++) {
        String name = random.nextInt(4) == 0 ? "throw" : random.nextInt(4) == 0 ? "log" : "any";
        RawCall<?, ?> call =
            switch (random.nextInt(4)) {
              case 0 -> {
                RawCall<WriteRequest, WriteResponse> write = write(channel, name);
                yield random.nextBoolean() ? write.halfClose() : write;
              }
              case 1 -> read(channel, name);
              case 2 -> batchRead(channel, name);
              default -> question(channel, name, random.nextInt(50_000));
            };
        calls.add(call);
        if (random.nextBoolean()) {
          call.take();
        }
        if (random.nextInt(5) == 0) {
          call.cancel();
        }
      }
      calls.forEach(RawCall::cancel);
      Awaitility.await().atMost(Duration.ofSeconds(60)).until(server::isEmpty);
      assertThat(server.conformance.violations()).isEmpty();
      assertThat(question(channel, "any", 10).take().status().isOk()).isTrue();
    }
  }

  @ParameterizedTest
  @EnumSource
  void requestsTooLargeToBeHeldTogetherAreRefusedAndSmallOnesAreNot(Transport transport) {
    try (Guarded server = new Guarded(transport, Guarded.narrow())) {
      Channel channel = server.connect();
      List<RawCall<?, ?>> large = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        large.add(question(channel, "block", 4_000_000).take());
      }
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> large.stream().filter(RawCall::hasEnded).count() == 2);
      for (RawCall<?, ?> call : large) {
        if (call.hasEnded()) {
          assertThat(call.status().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
          assertThat(call.status().getDescription()).contains("request-bytes");
          assertThat(call.isToldToComeBack()).isTrue();
        }
      }
      assertThat(question(channel, "any", 1000).take().status().isOk()).isTrue();
      server.unblocked.countDown();
      Awaitility.await().atMost(Duration.ofSeconds(60)).until(server::isEmpty);
    }
  }

  @Test
  void bytesThatComeOneByOneWeighWhatTheyCost() throws IOException {
    try (Guarded server = new Guarded(Transport.NETTY, Guarded.narrow());
        DripFeed drip =
            new DripFeed(
                server.port(),
                "/build.bazel.remote.execution.v2.ContentAddressableStorage/FindMissingBlobs")) {
      drip.promise(4_000_000);
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> {
            drip.drip(20_000);
            return server.admission.requests().refused() > 0;
          });
      Awaitility.await().atMost(Duration.ofSeconds(60)).until(server::isEmpty);
      assertThat(drip.dripped()).isLessThan(2_000_000);
    }
  }

  @Test
  void answersThatNobodyTakesAreCountedUntilTheyAreTaken() {
    try (Guarded server = new Guarded(Transport.NETTY, Guarded.narrow())) {
      Channel channel = server.connect();
      RawCall<?, ?> stalled = batchRead(channel, "any");
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> server.admission.answers().used() > Guarded.LARGE);
      RawCall<?, ?> refused = batchRead(channel, "any").take();
      assertThat(refused.status().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
      assertThat(refused.status().getDescription()).contains("answer-bytes");
      assertThat(refused.isToldToComeBack()).isTrue();
      assertThat(question(channel, "any", 10).take().status().isOk()).isTrue();
      assertThat(stalled.take().status().isOk()).isTrue();
      Awaitility.await().atMost(Duration.ofSeconds(60)).until(server::isEmpty);
    }
  }

  @ParameterizedTest
  @EnumSource
  void anUploadThatSendsNothingIsEndedAndCanBeContinued(Transport transport) {
    try (Guarded server = new Guarded(transport, Guarded.narrow())) {
      Channel channel = server.connect();
      RawCall<?, ?> idle = write(channel, "any").take();
      Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> server.writesBegun.get() == 1);
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> {
            server.advance(LONGER_THAN_IDLE);
            return server.admission.openCalls().sweep() > 0;
          });
      assertThat(idle.status().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(idle.isToldToComeBack()).isTrue();
      Awaitility.await().atMost(Duration.ofSeconds(60)).until(server::isEmpty);
      assertThat(server.writesCancelled.get()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @EnumSource
  void whoIsServedSlowlyIsNotIdle(Transport transport) {
    try (Guarded server = new Guarded(transport, Guarded.narrow())) {
      Channel channel = server.connect();
      RawCall<?, ?> question = question(channel, "block", 10).take();
      RawCall<WriteRequest, WriteResponse> write = write(channel, "block");
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> server.admission.openCalls().size() == 2 && server.writesBegun.get() == 1);
      // Both have to have reached the point where they block.
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .during(Duration.ofMillis(100))
          .until(() -> server.admission.openCalls().size() == 2);
      server.admission.openCalls().sweep();
      server.advance(LONGER_THAN_IDLE);
      assertThat(server.admission.openCalls().sweep()).isZero();
      server.unblocked.countDown();
      assertThat(question.status().isOk()).isTrue();
      assertThat(write.halfClose().take().status().isOk()).isTrue();
    }
  }

  @Test
  void aDownloadThatNobodyTakesIsReset() {
    try (Guarded server = new Guarded(Transport.NETTY, Guarded.narrow())) {
      Channel channel = server.connect();
      RawCall<?, ?> stalled = read(channel, "any");
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> {
            server.advance(LONGER_THAN_IDLE);
            server.admission.openCalls().sweep();
            return server.isEmpty() && server.readsCancelled.get() == 1;
          });
      assertThat(stalled.take().status().isOk()).isFalse();
      assertThat(read(channel, "any").take().status().isOk()).isTrue();
    }
  }

  @Test
  void anAnswerThatNobodyTakesIsDropped() {
    try (Guarded server = new Guarded(Transport.NETTY, Guarded.narrow())) {
      Channel channel = server.connect();
      RawCall<?, ?> stalled = batchRead(channel, "any");
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> server.admission.answers().used() > Guarded.LARGE);
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> {
            server.advance(LONGER_THAN_IDLE);
            server.admission.openCalls().sweep();
            return server.isEmpty();
          });
      assertThat(stalled.take().status().isOk()).isFalse();
    }
  }

  @ParameterizedTest
  @EnumSource
  void whoFollowsALogMayBeSilentAndTakesNoPlaceFromOthers(Transport transport) {
    try (Guarded server = new Guarded(transport, Guarded.narrow())) {
      Channel channel = server.connect();
      RawCall<WriteRequest, WriteResponse> log = write(channel, "log");
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> server.admission.gate(CallKind.WAITING).inside() == 1);
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> server.admission.gate(CallKind.UPLOAD).inside() == 0);
      server.admission.openCalls().sweep();
      server.advance(LONGER_THAN_IDLE);
      assertThat(server.admission.openCalls().sweep()).isZero();
      assertThat(write(channel, "any").halfClose().take().status().isOk()).isTrue();
      RawCall<WriteRequest, WriteResponse> tooMany = write(channel, "log");
      assertThat(tooMany.status().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
      assertThat(log.halfClose().take().status().isOk()).isTrue();
      Awaitility.await().atMost(Duration.ofSeconds(60)).until(server::isEmpty);
    }
  }

  @ParameterizedTest
  @EnumSource
  void whoWaitsForAnExecutionMayDoSoForEverAndTakesNoPlaceFromOthers(Transport transport) {
    try (Guarded server = new Guarded(transport, Guarded.narrow())) {
      Channel channel = server.connect();
      RawCall<?, ?> waiting = waitExecution(channel).halfClose();
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> server.admission.gate(CallKind.WAITING).inside() == 1);
      // What arrives later than this sweep counts as a sign of life once more.
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .during(Duration.ofMillis(100))
          .until(() -> server.admission.openCalls().sweep() == 0);
      server.advance(LONGER_THAN_IDLE);
      assertThat(server.admission.openCalls().sweep()).isZero();
      assertThat(waitExecution(channel).halfClose().status().getDescription())
          .contains("waiting-calls");
      assertThat(question(channel, "any", 10).take().status().isOk()).isTrue();
      waiting.cancel();
      Awaitility.await().atMost(Duration.ofSeconds(60)).until(server::isEmpty);
    }
  }

  @ParameterizedTest
  @EnumSource
  void whoNeverEndsItsRequestIsEnded(Transport transport) {
    try (Guarded server = new Guarded(transport, Guarded.narrow())) {
      RawCall<?, ?> silent = waitExecution(server.connect());
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> {
            server.advance(LONGER_THAN_IDLE);
            return server.admission.openCalls().sweep() > 0;
          });
      assertThat(silent.status().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      Awaitility.await().atMost(Duration.ofSeconds(60)).until(server::isEmpty);
    }
  }

  @Test
  void connectionsBeyondTheBoundGetNothingButRefusals() {
    try (Guarded server = new Guarded(Transport.NETTY, Guarded.narrow())) {
      ManagedChannel first = server.connect();
      assertThat(question(first, "any", 10).take().status().isOk()).isTrue();
      ManagedChannel second = server.connect();
      RawCall<?, ?> refused = question(second, "any", 10).take();
      assertThat(refused.status().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
      assertThat(refused.isToldToComeBack()).isTrue();
      first.shutdownNow();
      second.shutdownNow();
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> server.admission.connections().open() == 0);
      assertThat(question(server.connect(), "any", 10).take().status().isOk()).isTrue();
    }
  }

  private static RawCall<WriteRequest, WriteResponse> write(Channel channel, String name) {
    return new RawCall<>(channel, ByteStreamGrpc.getWriteMethod())
        .send(
            WriteRequest.newBuilder()
                .setResourceName(name)
                .setData(ByteString.copyFrom(new byte[100_000]))
                .build());
  }

  private static RawCall<WaitExecutionRequest, Operation> waitExecution(Channel channel) {
    return new RawCall<>(channel, ExecutionGrpc.getWaitExecutionMethod())
        .send(WaitExecutionRequest.getDefaultInstance());
  }

  private static RawCall<ReadRequest, ReadResponse> read(Channel channel, String name) {
    return new RawCall<>(channel, ByteStreamGrpc.getReadMethod())
        .send(ReadRequest.newBuilder().setResourceName(name).build())
        .halfClose();
  }

  private static RawCall<BatchReadBlobsRequest, BatchReadBlobsResponse> batchRead(
      Channel channel, String name) {
    return new RawCall<>(channel, ContentAddressableStorageGrpc.getBatchReadBlobsMethod())
        .send(BatchReadBlobsRequest.newBuilder().setInstanceName(name).build())
        .halfClose();
  }

  private static RawCall<FindMissingBlobsRequest, FindMissingBlobsResponse> question(
      Channel channel, String name, int bytes) {
    FindMissingBlobsRequest.Builder request =
        FindMissingBlobsRequest.newBuilder().setInstanceName(name);
    request.addBlobDigestsBuilder().setHash("a".repeat(bytes));
    return new RawCall<>(channel, ContentAddressableStorageGrpc.getFindMissingBlobsMethod())
        .send(request.build())
        .halfClose();
  }
}
