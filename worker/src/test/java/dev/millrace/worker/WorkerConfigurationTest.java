package dev.millrace.worker;

import static org.assertj.core.api.Assertions.assertThat;

import build.bazel.remote.execution.v2.Action;
import build.bazel.remote.execution.v2.ActionResult;
import build.bazel.remote.execution.v2.Command;
import build.bazel.remote.execution.v2.Directory;
import com.google.devtools.remoteworkers.v1test2.BotSession;
import com.google.devtools.remoteworkers.v1test2.BotsGrpc;
import com.google.devtools.remoteworkers.v1test2.CreateBotSessionRequest;
import com.google.devtools.remoteworkers.v1test2.Lease;
import com.google.devtools.remoteworkers.v1test2.LeaseState;
import com.google.devtools.remoteworkers.v1test2.UpdateBotSessionRequest;
import com.google.protobuf.Any;
import com.google.protobuf.Message;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.Blobs;
import dev.millrace.blobstore.memory.MemoryBlobStore;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.digest.wire.Digests;
import dev.millrace.instance.InstanceName;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

class WorkerConfigurationTest {

  @TempDir Path directory;
  final BlobStore store = new MemoryBlobStore();
  final OneLease bots = new OneLease();
  Server server;
  ManagedChannel channel;

  @BeforeEach
  void start() throws IOException {
    String name = InProcessServerBuilder.generateName();
    server = InProcessServerBuilder.forName(name).addService(bots).build().start();
    channel = InProcessChannelBuilder.forName(name).build();
  }

  @AfterEach
  void stop() {
    channel.shutdownNow();
    server.shutdownNow();
  }

  private ApplicationContextRunner worker() {
    return new ApplicationContextRunner()
        .withUserConfiguration(WorkerConfiguration.class)
        .withBean("botsChannel", Channel.class, () -> channel)
        .withBean(BlobStore.class, () -> store)
        .withBean(Clock.class, Clock::systemUTC)
        .withPropertyValues(
            "millrace.worker.directory=" + directory,
            "millrace.worker.bot-id=tester",
            "millrace.worker.slots=3",
            "millrace.worker.platform.pool=blue",
            "millrace.worker.platform.tool=a,b");
  }

  @Test
  void aWorkerTakesALeaseRunsItAndEnds() {
    Digest action = action("echo hello");
    bots.offer(action);

    worker()
        .run(context -> {
          assertThat(context).hasNotFailed();
          Lease lease = bots.completed.get(60, TimeUnit.SECONDS);
          ActionResult result = lease.getResult().unpack(ActionResult.class);
          assertThat(result.getExitCode()).isZero();
          assertThat(result.getExecutionMetadata().getWorker()).isEqualTo("tester");
          assertThat(text(result.getStdoutDigest())).isEqualTo("hello\n");
        });

    CreateBotSessionRequest created = bots.created.join();
    assertThat(created.getBotSession().getWorker().getDevices(0).getPropertiesList())
        .extracting(property -> property.getKey() + "=" + property.getValue())
        .contains("OSFamily=linux", "pool=blue", "tool=a", "tool=b");
    assertThat(directory.resolve("work")).isEmptyDirectory();
  }

  @Test
  void twoWorkersCannotShareADirectory() {
    worker()
        .run(first ->
            worker()
                .run(second ->
                    assertThat(second)
                        .getFailure()
                        .rootCause()
                        .hasMessageContaining("in use by another process")));
  }

  @Test
  void aWorkerKeepsItsNameInItsDirectory() {
    ApplicationContextRunner unnamed = worker().withPropertyValues("millrace.worker.bot-id=");
    Stream.of(1, 2).forEach(time -> unnamed.run(context -> assertThat(context).hasNotFailed()));

    assertThat(directory.resolve("bot-id")).isNotEmptyFile();
  }

  @Test
  void nonsenseIsRefusedWithTheNameOfTheSetting() {
    worker()
        .withPropertyValues("millrace.worker.slots=0")
        .run(context ->
            assertThat(context)
                .getFailure()
                .rootCause()
                .hasMessageContaining("slots: at least one"));
  }

  private Digest action(String script) {
    Command command =
        Command.newBuilder()
            .addArguments("/bin/sh")
            .addArguments("-c")
            .addArguments(script)
            .build();
    return put(
        Action.newBuilder()
            .setCommandDigest(Digests.toProto(put(command)))
            .setInputRootDigest(Digests.toProto(put(Directory.getDefaultInstance())))
            .build());
  }

  private Digest put(Message message) {
    return Blobs.write(store, InstanceName.ROOT, DigestFunction.SHA256, message.toByteString());
  }

  private String text(build.bazel.remote.execution.v2.Digest digest) {
    return Blobs.read(
            store,
            InstanceName.ROOT,
            Digests.fromProto(digest, DigestFunction.SHA256, "digest"),
            1000)
        .toStringUtf8();
  }

  /** Offers one lease, and accepts whatever comes of it. */
  private static final class OneLease extends BotsGrpc.BotsImplBase {

    final CompletableFuture<CreateBotSessionRequest> created = new CompletableFuture<>();
    final CompletableFuture<Lease> completed = new CompletableFuture<>();
    private volatile Lease offered = Lease.getDefaultInstance();

    void offer(Digest action) {
      offered =
          Lease.newBuilder()
              .setId("1")
              .setState(LeaseState.PENDING)
              .setPayload(Any.pack(Digests.toProto(action)))
              .build();
    }

    @Override
    public void createBotSession(
        CreateBotSessionRequest request, StreamObserver<BotSession> observer) {
      created.complete(request);
      BotSession.Builder session = request.getBotSession().toBuilder().setName("sessions/1");
      if (!offered.getId().isEmpty()) {
        session.addLeases(offered);
      }
      observer.onNext(session.build());
      observer.onCompleted();
    }

    @Override
    public void updateBotSession(
        UpdateBotSessionRequest request, StreamObserver<BotSession> observer) {
      BotSession.Builder session = request.getBotSession().toBuilder().clearLeases();
      for (Lease lease : request.getBotSession().getLeasesList()) {
        if (lease.getState() == LeaseState.COMPLETED) {
          completed.complete(lease);
        } else {
          session.addLeases(lease);
        }
      }
      observer.onNext(session.build());
      observer.onCompleted();
    }
  }
}
