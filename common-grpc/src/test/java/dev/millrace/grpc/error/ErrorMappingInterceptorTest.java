package dev.millrace.grpc.error;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import build.bazel.remote.execution.v2.CapabilitiesGrpc;
import build.bazel.remote.execution.v2.GetCapabilitiesRequest;
import build.bazel.remote.execution.v2.ServerCapabilities;
import dev.millrace.failure.Failure;
import dev.millrace.grpc.Edge;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

final class ErrorMappingInterceptorTest {

  @Test
  void whatAHandlerThrowsIsMapped() throws InterruptedException {
    answers(
        responses -> {
          throw new Failure.NotFound("no such thing");
        },
        Status.Code.NOT_FOUND,
        "no such thing");
  }

  @Test
  void whatAHandlerPassesToOnErrorIsMapped() throws InterruptedException {
    answers(
        responses -> responses.onError(new Failure.NotFound("no such thing")),
        Status.Code.NOT_FOUND,
        "no such thing");
  }

  @Test
  void aFaultOfOursIsInternalWithAnId() throws InterruptedException {
    answers(
        responses -> {
          throw new IllegalStateException("a secret");
        },
        Status.Code.INTERNAL,
        "internal error; the server's log says more under incident incident-7");
  }

  @Test
  void aFailureAfterTheAnswerDoesNotChangeTheAnswer() throws InterruptedException {
    try (Edge edge =
        edge(responses -> {
          responses.onNext(ServerCapabilities.getDefaultInstance());
          responses.onCompleted();
          throw new IllegalStateException("too late");
        })) {
      assertThat(call(edge)).isEqualTo(ServerCapabilities.getDefaultInstance());
    }
  }

  @Test
  void anErrorBesidesExceptionsIsMappedToo() throws InterruptedException {
    answers(
        responses -> {
          throw new StackOverflowError();
        },
        Status.Code.INTERNAL,
        "internal error; the server's log says more under incident incident-7");
  }

  private static void answers(
      Consumer<StreamObserver<ServerCapabilities>> handler, Status.Code code, String message)
      throws InterruptedException {
    try (Edge edge = edge(handler)) {
      assertThatThrownBy(() -> call(edge))
          .isInstanceOfSatisfying(
              StatusRuntimeException.class,
              e -> {
                assertThat(e.getStatus().getCode()).isEqualTo(code);
                assertThat(e.getStatus().getDescription()).isEqualTo(message);
              });
    }
  }

  private static Edge edge(Consumer<StreamObserver<ServerCapabilities>> handler) {
    return new Edge(
        new CapabilitiesGrpc.CapabilitiesImplBase() {
          @Override
          public void getCapabilities(
              GetCapabilitiesRequest request, StreamObserver<ServerCapabilities> responses) {
            handler.accept(responses);
          }
        });
  }

  private static ServerCapabilities call(Edge edge) {
    return CapabilitiesGrpc.newBlockingStub(edge.channel)
        .getCapabilities(GetCapabilitiesRequest.getDefaultInstance());
  }
}
