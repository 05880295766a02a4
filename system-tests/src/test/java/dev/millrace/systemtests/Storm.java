package dev.millrace.systemtests;

import com.google.protobuf.Any;
import com.google.rpc.RetryInfo;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.StatusProto;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Clients that behave badly, over several connections: too many of them at once, with calls that do
 * not go on, or that take nothing of what they are sent.
 */
final class Storm implements AutoCloseable {

  private final List<ManagedChannel> channels = new ArrayList<>();
  private final Queue<ClientCall<?, ?>> calls = new ConcurrentLinkedQueue<>();
  private final Map<Status.Code, AtomicInteger> ends = new ConcurrentHashMap<>();
  private final Queue<String> impolite = new ConcurrentLinkedQueue<>();
  private final AtomicInteger begun = new AtomicInteger();
  private final AtomicInteger ended = new AtomicInteger();

  Storm(int port, int connections) {
    for (int i = 0; i < connections; i++) {
      channels.add(NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build());
    }
  }

  /** Sends one message, keeps its side open, and takes nothing. */
  <Q, R> void begin(MethodDescriptor<Q, R> method, Q message) {
    call(method, message);
  }

  /** Sends all that it has to send, and takes nothing. */
  <Q, R> void askAndIgnore(MethodDescriptor<Q, R> method, Q message) {
    call(method, message).halfClose();
  }

  /** Behaves as one should, but for coming with all the others. */
  <Q, R> void ask(MethodDescriptor<Q, R> method, Q message) {
    ClientCall<Q, R> call = call(method, message);
    call.halfClose();
    call.request(2);
  }

  private <Q, R> ClientCall<Q, R> call(MethodDescriptor<Q, R> method, Q message) {
    int number = begun.getAndIncrement();
    ClientCall<Q, R> call =
        channels.get(number % channels.size()).newCall(method, CallOptions.DEFAULT);
    calls.add(call);
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onClose(Status status, Metadata trailers) {
            note(method, status, trailers);
          }
        },
        new Metadata());
    call.sendMessage(message);
    return call;
  }

  private void note(MethodDescriptor<?, ?> method, Status status, Metadata trailers) {
    ends.computeIfAbsent(status.getCode(), code -> new AtomicInteger()).incrementAndGet();
    ended.incrementAndGet();
    boolean polite =
        switch (status.getCode()) {
          case OK, CANCELLED -> true;
          case RESOURCE_EXHAUSTED, UNAVAILABLE -> hasRetryInfo(status, trailers);
          default -> false;
        };
    if (!polite) {
      impolite.add(method.getFullMethodName() + ": " + status + " " + trailers);
    }
  }

  private static boolean hasRetryInfo(Status status, Metadata trailers) {
    for (Any detail : StatusProto.fromStatusAndTrailers(status, trailers).getDetailsList()) {
      if (detail.is(RetryInfo.class)) {
        return true;
      }
    }
    return false;
  }

  int open() {
    return begun.get() - ended.get();
  }

  int ended(Status.Code code) {
    AtomicInteger count = ends.get(code);
    return count == null ? 0 : count.get();
  }

  /** What ended in a way that does not tell a client what to do. */
  List<String> impolite() {
    return List.copyOf(impolite);
  }

  @Override
  public String toString() {
    return "%d calls: %d open, the others %s".formatted(begun.get(), open(), ends);
  }

  @Override
  public void close() {
    calls.forEach(call -> call.cancel("the storm is over", null));
    channels.forEach(ManagedChannel::shutdownNow);
  }
}
