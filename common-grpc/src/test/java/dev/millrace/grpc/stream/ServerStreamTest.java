package dev.millrace.grpc.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import build.bazel.remote.execution.v2.ContentAddressableStorageGrpc;
import build.bazel.remote.execution.v2.GetTreeRequest;
import build.bazel.remote.execution.v2.GetTreeResponse;
import dev.millrace.failure.Failure;
import dev.millrace.grpc.Edge;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.util.Iterator;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class ServerStreamTest {

  @Test
  void messagesArriveInOrderFromAThreadOfTheirOwn() throws InterruptedException {
    try (Edge edge =
        edge(stream -> {
          assertThat(Thread.currentThread().isVirtual()).isTrue();
          for (int i = 0; i < 1000; i++) {
            stream.send(message(i));
          }
        })) {
      Iterator<GetTreeResponse> messages = call(edge);
      for (int i = 0; i < 1000; i++) {
        assertThat(messages.next()).isEqualTo(message(i));
      }
      assertThat(messages.hasNext()).isFalse();
    }
  }

  @Test
  void aSourceThatFailsEndsTheCallWithItsFailure() throws InterruptedException {
    try (Edge edge =
        edge(stream -> {
          stream.send(message(1));
          throw new Failure.NotFound("no more");
        })) {
      Iterator<GetTreeResponse> messages = call(edge);
      assertThat(messages.next()).isEqualTo(message(1));
      assertThatThrownBy(messages::next)
          .isInstanceOfSatisfying(
              StatusRuntimeException.class,
              e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND));
    }
  }

  @Test
  void aSourceIsHeldUpByASlowClientAndUnwoundWhenItGoesAway() throws InterruptedException {
    AtomicInteger sent = new AtomicInteger();
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch unwound = new CountDownLatch(1);
    CountDownLatch woken = new CountDownLatch(2);
    try (Edge edge =
        edge(stream -> {
          stream.onCancel(woken::countDown);
          try {
            while (true) {
              stream.send(message(sent.incrementAndGet()));
              begun.countDown();
            }
          } finally {
            assertThat(stream.isCancelled()).isTrue();
            // The client has gone already, so this one is told at once.
            stream.onCancel(woken::countDown);
            unwound.countDown();
          }
        })) {
      ClientCall<GetTreeRequest, GetTreeResponse> slow =
          edge.channel.newCall(
              ContentAddressableStorageGrpc.getGetTreeMethod(), CallOptions.DEFAULT);
      slow.start(new ClientCall.Listener<>() {}, new Metadata());
      slow.sendMessage(GetTreeRequest.getDefaultInstance());
      slow.halfClose();
      slow.request(3);
      assertThat(begun.await(20, TimeUnit.SECONDS)).isTrue();
      slow.cancel("the test says so", null);
      assertThat(unwound.await(20, TimeUnit.SECONDS)).isTrue();
      assertThat(woken.await(20, TimeUnit.SECONDS)).isTrue();
      assertThat(sent.get()).isLessThanOrEqualTo(5);
    }
  }

  private static Edge edge(ServerStream.Source<GetTreeResponse> source) {
    return new Edge(
        new ContentAddressableStorageGrpc.ContentAddressableStorageImplBase() {
          @Override
          public void getTree(GetTreeRequest request, StreamObserver<GetTreeResponse> responses) {
            ServerStream.start(responses, source);
          }
        });
  }

  private static Iterator<GetTreeResponse> call(Edge edge) {
    return ContentAddressableStorageGrpc.newBlockingStub(edge.channel)
        .getTree(GetTreeRequest.getDefaultInstance());
  }

  private static GetTreeResponse message(int number) {
    return GetTreeResponse.newBuilder().setNextPageToken("message " + number).build();
  }
}
