package dev.millrace.grpc.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import build.bazel.remote.execution.v2.CapabilitiesGrpc;
import build.bazel.remote.execution.v2.GetCapabilitiesRequest;
import com.google.bytestream.ByteStreamGrpc;
import com.google.bytestream.WriteRequest;
import com.google.bytestream.WriteResponse;
import dev.millrace.grpc.admission.Admission;
import dev.millrace.grpc.admission.CallKind;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Import;
import org.springframework.grpc.server.lifecycle.GrpcServerLifecycle;

/** The edge as a process has it, and clients that are up to no good. */
@SpringBootTest(
    classes = EdgeOverNettyTest.Application.class,
    properties = {
      "spring.grpc.server.port=0",
      "millrace.grpc.admission.uploads=10",
      "millrace.grpc.admission.patience=0s",
      "millrace.grpc.admission.resets=1000"
    })
final class EdgeOverNettyTest {

  @SpringBootConfiguration
  @EnableAutoConfiguration
  @Import(GrpcEdgeConfiguration.class)
  static class Application {}

  @Autowired private GrpcServerLifecycle server;
  @Autowired private MeterRegistry meters;
  @Autowired private Admission admission;

  private final List<ManagedChannel> channels = new ArrayList<>();

  private ManagedChannel connect() {
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", server.getPort()).usePlaintext().build();
    channels.add(channel);
    return channel;
  }

  @AfterEach
  void disconnect() {
    channels.forEach(ManagedChannel::shutdownNow);
  }

  @Test
  void thousandsOfStreamsOfHeadersAloneLeaveRoomForQuestions() {
    ManagedChannel channel = connect();
    List<OpenWrite> writes = new ArrayList<>();
    for (int i = 0; i < 900; i++) {
      writes.add(new OpenWrite(channel));
    }
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> writes.stream().filter(write -> write.end.isDone()).count() == 890);
    for (OpenWrite write : writes) {
      assertThat(write.end.getNow(Status.RESOURCE_EXHAUSTED).getCode())
          .isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    }
    answers(channel);
    assertThat(meters.get("millrace.grpc.admission.calls").tag("gate", "uploads").gauge().value())
        .isEqualTo(10);
    assertThat(
            meters
                .get("millrace.grpc.admission.refused")
                .tag("gate", "uploads")
                .functionCounter()
                .count())
        .isGreaterThanOrEqualTo(890);
    assertThat(meters.get("millrace.grpc.connections").gauge().value()).isPositive();
    channel.shutdownNow();
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> admission.gate(CallKind.UPLOAD).inside() == 0);
  }

  @Test
  void aConnectionThatKeepsResettingIsEndedAndOthersAreServed() {
    ManagedChannel hasty = connect();
    // Each Write that is refused before its client has closed its side is reset by the client.
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> {
          List<OpenWrite> writes = new ArrayList<>();
          for (int i = 0; i < 1_200; i++) {
            writes.add(new OpenWrite(hasty));
          }
          Awaitility.await()
              .atMost(Duration.ofSeconds(60))
              .until(() -> writes.stream().filter(write -> write.end.isDone()).count() >= 1_190);
          return writes.stream()
              .map(write -> write.end.getNow(Status.OK))
              .anyMatch(status -> !status.isOk() && !describes(status, "uploads"));
        });
    answers(connect());
  }

  @Test
  void hugeMetadataIsRefusedAndTheConnectionLives() {
    ManagedChannel channel = connect();
    Metadata huge = new Metadata();
    huge.put(Metadata.Key.of("huge", Metadata.ASCII_STRING_MARSHALLER), "x".repeat(100_000));
    assertThatThrownBy(() ->
            CapabilitiesGrpc.newBlockingStub(channel)
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(huge))
                .getCapabilities(GetCapabilitiesRequest.getDefaultInstance()))
        .isInstanceOf(StatusRuntimeException.class);
    answers(channel);
  }

  private static boolean describes(Status status, String what) {
    return String.valueOf(status.getDescription()).contains(what);
  }

  private static void answers(ManagedChannel channel) {
    assertThat(
            CapabilitiesGrpc.newBlockingStub(channel)
                .withDeadlineAfter(20, TimeUnit.SECONDS)
                .getCapabilities(GetCapabilitiesRequest.getDefaultInstance()))
        .isNotNull();
  }

  /** A Write of which nothing comes after its headers. */
  private static final class OpenWrite {
    final CompletableFuture<Status> end = new CompletableFuture<>();
    final ClientCall<WriteRequest, WriteResponse> call;

    OpenWrite(ManagedChannel channel) {
      call = channel.newCall(ByteStreamGrpc.getWriteMethod(), CallOptions.DEFAULT);
      call.start(
          new ClientCall.Listener<>() {
            @Override
            public void onClose(Status status, Metadata trailers) {
              end.complete(status);
            }
          },
          new Metadata());
    }
  }
}
