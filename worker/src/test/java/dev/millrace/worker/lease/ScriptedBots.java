package dev.millrace.worker.lease;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.devtools.remoteworkers.v1test2.BotSession;
import com.google.devtools.remoteworkers.v1test2.BotsGrpc;
import com.google.devtools.remoteworkers.v1test2.CreateBotSessionRequest;
import com.google.devtools.remoteworkers.v1test2.Lease;
import com.google.devtools.remoteworkers.v1test2.UpdateBotSessionRequest;
import com.google.protobuf.Timestamp;
import io.grpc.Channel;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A Bots server that holds every call until the test answers it. */
final class ScriptedBots extends BotsGrpc.BotsImplBase implements AutoCloseable {

  private static final Context.Key<Metadata> HEADERS = Context.key("headers");

  /** A call that waits for its answer. */
  static final class Call {
    final BotSession session;
    final String parent;
    final Metadata headers = HEADERS.get();
    final CountDownLatch cancelled = new CountDownLatch(1);
    private final StreamObserver<BotSession> observer;

    Call(String parent, BotSession session, StreamObserver<BotSession> observer) {
      this.parent = parent;
      this.session = session;
      this.observer = observer;
      ((ServerCallStreamObserver<BotSession>) observer).setOnCancelHandler(cancelled::countDown);
    }

    void answer(Lease... leases) {
      answer(Duration.ofSeconds(60), leases);
    }

    void answer(Duration expires, Lease... leases) {
      Instant expireTime = Instant.now().plus(expires);
      observer.onNext(
          session.toBuilder()
              .setName("sessions/1")
              .clearLeases()
              .addAllLeases(List.of(leases))
              .setExpireTime(
                  Timestamp.newBuilder()
                      .setSeconds(expireTime.getEpochSecond())
                      .setNanos(expireTime.getNano()))
              .build());
      observer.onCompleted();
    }

    void fail(Status status) {
      observer.onError(status.asRuntimeException());
    }

    boolean isCreate() {
      return !parent.equals("update");
    }
  }

  private final BlockingQueue<Call> calls = new LinkedBlockingQueue<>();
  private final Server server;
  private final ManagedChannel channel;

  ScriptedBots() throws IOException {
    String name = InProcessServerBuilder.generateName();
    server =
        InProcessServerBuilder.forName(name)
            .addService(this)
            .intercept(new KeepHeaders())
            .build()
            .start();
    channel = InProcessChannelBuilder.forName(name).build();
  }

  Channel channel() {
    return channel;
  }

  @Override
  public void createBotSession(
      CreateBotSessionRequest request, StreamObserver<BotSession> observer) {
    calls.add(new Call(request.getParent(), request.getBotSession(), observer));
  }

  @Override
  public void updateBotSession(
      UpdateBotSessionRequest request, StreamObserver<BotSession> observer) {
    calls.add(new Call("update", request.getBotSession(), observer));
  }

  /** The next call that the bot makes. */
  Call next() throws InterruptedException {
    Call call = calls.poll(20, TimeUnit.SECONDS);
    assertThat(call).as("the bot's next call").isNotNull();
    return call;
  }

  @Override
  public void close() {
    channel.shutdownNow();
    server.shutdownNow();
  }

  private static final class KeepHeaders implements ServerInterceptor {
    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
      return Contexts.interceptCall(
          Context.current().withValue(HEADERS, headers), call, headers, next);
    }
  }
}
