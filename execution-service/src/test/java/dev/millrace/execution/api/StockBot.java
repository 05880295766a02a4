package dev.millrace.execution.api;

import build.bazel.remote.execution.v2.ActionResult;
import build.bazel.remote.execution.v2.ExecutedActionMetadata;
import com.google.devtools.remoteworkers.v1test2.BotSession;
import com.google.devtools.remoteworkers.v1test2.BotStatus;
import com.google.devtools.remoteworkers.v1test2.BotsGrpc;
import com.google.devtools.remoteworkers.v1test2.CreateBotSessionRequest;
import com.google.devtools.remoteworkers.v1test2.Device;
import com.google.devtools.remoteworkers.v1test2.Lease;
import com.google.devtools.remoteworkers.v1test2.LeaseState;
import com.google.devtools.remoteworkers.v1test2.UpdateBotSessionRequest;
import com.google.devtools.remoteworkers.v1test2.Worker;
import com.google.protobuf.Any;
import com.google.rpc.Code;
import com.google.rpc.Status;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;

/**
 * Speaks as the stock worker does, one call at a time at a test's command: takes every reply over
 * whole, says ACTIVE of what it is given, repeats what the server does not leave out.
 */
public final class StockBot {

  public static final ActionResult GOOD = ActionResult.newBuilder().setExitCode(0).build();

  private final String instance;
  private BotSession session;
  private Replica replica;

  public StockBot(Replica replica, String id, int capacity, String... properties) {
    this(replica, "", id, capacity, properties);
  }

  public StockBot(Replica replica, String instance, String id, int capacity, String... properties) {
    this.replica = replica;
    this.instance = instance;
    Device.Builder device = Device.newBuilder().setHandle(id);
    for (String property : properties) {
      String[] parts = property.split("=", 2);
      device.addPropertiesBuilder().setKey(parts[0]).setValue(parts[1]);
    }
    session =
        BotSession.newBuilder()
            .setBotId(id)
            .setWorker(
                Worker.newBuilder()
                    .addDevices(device)
                    .addConfigs(
                        Worker.Config.newBuilder().setKey("capacity").setValue("" + capacity))
                    .addConfigs(Worker.Config.newBuilder().setKey("priority").setValue("0")))
            .build();
  }

  public StockBot open() {
    session =
        replica
            .bots()
            .createBotSession(
                CreateBotSessionRequest.newBuilder()
                    .setParent(instance)
                    .setBotSession(session.toBuilder().clearName().clearLeases())
                    .build())
            .toBuilder()
            .setStatus(BotStatus.OK)
            .build();
    return this;
  }

  public BotSession session() {
    return session;
  }

  public void moveTo(Replica other) {
    replica = other;
  }

  public void say(BotStatus status) {
    session = session.toBuilder().setStatus(status).build();
  }

  /** Says from now on that it offers other things. */
  public void offer(String... properties) {
    Device.Builder device = session.getWorker().getDevices(0).toBuilder().clearProperties();
    for (String property : properties) {
      String[] parts = property.split("=", 2);
      device.addPropertiesBuilder().setKey(parts[0]).setValue(parts[1]);
    }
    session =
        session.toBuilder()
            .setWorker(session.getWorker().toBuilder().setDevices(0, device))
            .build();
  }

  /** Sends what it holds and takes the answer over. */
  public BotSession poll() {
    return poll(new Metadata());
  }

  public BotSession poll(Metadata headers) {
    session =
        replica
            .bots()
            .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
            .updateBotSession(request());
    return session;
  }

  /** Tells how far a running lease is. */
  public BotSession poll(Lease lease, ExecutedActionMetadata partial) {
    Metadata headers = new Metadata();
    headers.put(
        Metadata.Key.of(
            "partial-execution-metadata-" + lease.getId() + "-bin",
            Metadata.BINARY_BYTE_MARSHALLER),
        partial.toByteArray());
    return poll(headers);
  }

  /** Polls in the background: the call may be held. */
  public Future<BotSession> pollAsync() {
    return inBackground(this::poll);
  }

  /** A poll that the bot can break off. */
  public com.google.common.util.concurrent.ListenableFuture<BotSession> cancellablePoll() {
    return BotsGrpc.newFutureStub(replica.channel).updateBotSession(request());
  }

  private UpdateBotSessionRequest request() {
    return UpdateBotSessionRequest.newBuilder()
        .setName(session.getName())
        .setBotSession(session)
        .build();
  }

  static <T> Future<T> inBackground(Callable<T> work) {
    FutureTask<T> task = new FutureTask<>(work);
    Thread.ofVirtual().start(task);
    return task;
  }

  /** Polls until it is given a lease, and takes it up. */
  public Lease take() {
    for (int i = 0; i < 100; i++) {
      for (Lease lease : session.getLeasesList()) {
        if (lease.getState() == LeaseState.PENDING) {
          Lease active = lease.toBuilder().setState(LeaseState.ACTIVE).build();
          replace(active);
          return active;
        }
      }
      poll();
    }
    throw new AssertionError("was given no lease");
  }

  public void complete(Lease lease, ActionResult result) {
    complete(lease, result, Status.getDefaultInstance());
  }

  public void complete(Lease lease, ActionResult result, Status status) {
    replace(
        lease.toBuilder()
            .setState(LeaseState.COMPLETED)
            .setResult(Any.pack(result))
            .setStatus(status)
            .build());
  }

  public void fail(Lease lease, Code code, String message) {
    replace(
        lease.toBuilder()
            .setState(LeaseState.COMPLETED)
            .setStatus(Status.newBuilder().setCode(code.getNumber()).setMessage(message))
            .build());
  }

  public void replace(Lease changed) {
    BotSession.Builder next = session.toBuilder().clearLeases();
    for (Lease lease : session.getLeasesList()) {
      next.addLeases(lease.getId().equals(changed.getId()) ? changed : lease);
    }
    session = next.build();
  }

  /** Runs whatever comes, in the background, until it is interrupted by an error of the server. */
  public Future<?> workAlways(ActionResult result) {
    return inBackground(() -> {
      while (true) {
        Lease lease = take();
        complete(lease, result);
        poll();
      }
    });
  }
}
