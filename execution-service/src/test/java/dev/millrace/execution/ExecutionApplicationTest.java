package dev.millrace.execution;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import build.bazel.remote.execution.v2.Action;
import com.google.devtools.remoteworkers.v1test2.BotSession;
import com.google.devtools.remoteworkers.v1test2.BotsGrpc;
import com.google.devtools.remoteworkers.v1test2.CreateBotSessionRequest;
import com.google.devtools.remoteworkers.v1test2.UpdateBotSessionRequest;
import com.google.devtools.remoteworkers.v1test2.Worker;
import com.google.longrunning.GetOperationRequest;
import dev.millrace.actioncache.inlining.InliningWishes;
import dev.millrace.digest.DigestFunction;
import dev.millrace.execution.api.Client;
import dev.millrace.execution.operation.OperationName;
import dev.millrace.execution.scheduling.Requirements;
import dev.millrace.execution.store.OperationStore;
import dev.millrace.execution.store.Submission;
import dev.millrace.instance.InstanceName;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import build.bazel.remote.execution.v2.CacheCapabilities;
import build.bazel.remote.execution.v2.CapabilitiesGrpc;
import build.bazel.remote.execution.v2.GetCapabilitiesRequest;
import build.bazel.remote.execution.v2.ServerCapabilities;
import com.google.longrunning.ListOperationsRequest;
import com.google.longrunning.OperationsGrpc;
import dev.millrace.testing.TestDatabase;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.grpc.server.lifecycle.GrpcServerLifecycle;

/** The service as it is deployed: a port, a database, the other services behind channels. */
final class ExecutionApplicationTest {

  @Test
  void startsAndAnswersForTheWholeSuite() throws Exception {
    Server peer = peer();
    String target = "127.0.0.1:" + peer.getPort();
    try (ConfigurableApplicationContext context =
        new SpringApplicationBuilder(ExecutionApplication.class)
            .run(
                "--spring.datasource.url=" + TestDatabase.createUrl(),
                "--spring.datasource.username=postgres",
                "--spring.grpc.server.port=0",
                "--server.port=0",
                "--millrace.cas.target=" + target,
                "--millrace.actioncache.target=" + target)) {
      int port = context.getBean(GrpcServerLifecycle.class).getPort();
      ManagedChannel channel =
          Grpc.newChannelBuilder("127.0.0.1:" + port, InsecureChannelCredentials.create()).build();
      ServerCapabilities capabilities =
          CapabilitiesGrpc.newBlockingStub(channel)
              .getCapabilities(GetCapabilitiesRequest.getDefaultInstance());

      assertThat(capabilities.getExecutionCapabilities().getExecEnabled()).isTrue();
      assertThat(capabilities.getCacheCapabilities().getMaxBatchTotalSizeBytes()).isEqualTo(42);
      assertThat(
              OperationsGrpc.newBlockingStub(channel)
                  .listOperations(ListOperationsRequest.getDefaultInstance())
                  .getOperationsList())
          .isEmpty();
      channel.shutdownNow();
    } finally {
      peer.shutdownNow();
    }
  }

  @Test
  void operatorsSeeDrainAndKillOverHttp() throws Exception {
    Server peer = peer();
    try (ConfigurableApplicationContext context = start(peer);
        HttpClient http = HttpClient.newHttpClient()) {
      Actuator actuator = new Actuator(http, context);
      BotSession bot = open(context, "bot");
      OperationName operation = submit(context, 1);
      assertThat(leases(context, bot)).isOne();

      assertThat(actuator.get("workers?bot=b*"))
          .startsWith("200 {\"workers\":[{\"instance\":\"\",\"bot\":\"bot\"")
          .contains("\"presence\":\"READY\"", "\"drained\":false", "\"rack\":[\"7\"]")
          .contains("\"operations\":[\"" + operation + "\"]");
      assertThat(actuator.get("workers?bot=other")).isEqualTo("200 {\"workers\":[]}");
      assertThat(actuator.get("operations?limit=1"))
          .startsWith("200 {\"actions\":[{\"action\":\"")
          .contains("\"stage\":\"EXECUTING\"", "\"worker\":\"bot\"");

      String order = "\"by\":\"alice\",\"reason\":\"kernel\"";
      assertThat(
              actuator.post(
                  "drains", "{\"property\":\"rack=7\",\"wait\":\"10ms\",%s}".formatted(order)))
          .isEqualTo("409 {\"idle\":false}");
      assertThat(actuator.get("drains"))
          .startsWith("200 {\"drains\":[{\"instance\":\"*\",\"bot\":\"*\",\"property\":\"rack=7\"")
          .contains(order, "\"until\":null");
      String kill = "operations/" + operation.id() + "?by=bob&reason=loops";
      assertThat(actuator.delete(kill)).isEqualTo("200 {\"kill\":\"done\"}");
      assertThat(actuator.delete(kill)).isEqualTo("409 {\"kill\":\"too late\"}");
      assertThat(actuator.delete("operations/" + new UUID(1, 2) + "?by=bob&reason=x"))
          .isEqualTo("404 {\"kill\":\"unknown\"}");
      assertThat(
              Client.response(
                      OperationsGrpc.newBlockingStub(channel(context))
                          .getOperation(
                              GetOperationRequest.newBuilder()
                                  .setName(operation.toString())
                                  .build()))
                  .getMessage())
          .isEqualTo("killed by bob: loops");

      assertThat(leases(context, bot)).as("the bot hears of it, and has let go").isZero();
      assertThat(
              actuator.post(
                  "drains",
                  "{\"bot\":\"bot\",\"lasting\":\"1h\",\"wait\":\"30s\",%s}".formatted(order)))
          .isEqualTo("200 {\"idle\":true}");
      assertThat(actuator.delete("drains?bot=bot")).isEqualTo("200 {\"ended\":true}");
      assertThat(actuator.delete("drains?bot=bot")).isEqualTo("404 {\"ended\":false}");
      OperationName next = submit(context, 2);
      assertThat(leases(context, bot)).as("the other order holds").isZero();
      assertThat(actuator.delete("drains?property=rack%3D7")).isEqualTo("200 {\"ended\":true}");
      assertThat(leases(context, bot)).isOne();
      assertThat(actuator.get("workers")).contains(next.toString());
    } finally {
      peer.shutdownNow();
    }
  }

  @Test
  void ordersThatSayTooLittleAreRefused() throws Exception {
    Server peer = peer();
    try (ConfigurableApplicationContext context = start(peer);
        HttpClient http = HttpClient.newHttpClient()) {
      Actuator actuator = new Actuator(http, context);
      for (String body :
          List.of(
              "{}",
              "{\"by\":\"alice\",\"reason\":\"x\"}",
              "{\"bot\":\"*\",\"by\":\"alice\"}",
              "{\"bot\":\"*\",\"by\":\" \",\"reason\":\"x\"}",
              "{\"property\":\"rack\",\"by\":\"alice\",\"reason\":\"x\"}",
              "{\"bot\":\"*\",\"by\":\"alice\",\"reason\":\"x\",\"wait\":\"soon\"}",
              "{\"bot\":\"*\",\"by\":\"alice\",\"reason\":\"x\",\"wait\":\"-1s\"}",
              "{\"bot\":\"*\",\"by\":\"alice\",\"reason\":\"x\",\"lasting\":\"1000000d\"}")) {
        assertThat(actuator.post("drains", body)).as(body).startsWith("400 ");
      }
      assertThat(actuator.get("drains")).isEqualTo("200 {\"drains\":[]}");
      assertThat(actuator.delete("drains")).startsWith("400 ");
      assertThat(actuator.get("workers?property=rack")).startsWith("400 ");
      assertThat(actuator.get("operations?limit=0")).startsWith("400 ");
      assertThat(actuator.delete("operations/nonsense?by=a&reason=b")).startsWith("400 ");
      assertThat(actuator.delete("operations/" + new UUID(1, 2) + "?by=a")).startsWith("400 ");
    } finally {
      peer.shutdownNow();
    }
  }

  @Test
  void gaugesTellOfPools() throws Exception {
    Server peer = peer();
    try (ConfigurableApplicationContext context =
            start(peer, "--millrace.execution.administration.gauge-interval=20ms");
        HttpClient http = HttpClient.newHttpClient()) {
      Actuator actuator = new Actuator(http, context);
      BotSession bot = open(context, "bot");
      OperationName operation = submit(context, 1);
      assertThat(leases(context, bot)).isOne();
      assertThat(operation.id()).isNotNull();

      String name = "metrics/millrace.execution.desired.workers?tag=pool:default";
      String told = actuator.get(name);
      // Which round of looking up sees it is not the test's to say.
      for (int i = 0; i < 500 && !told.contains("\"value\":1.0"); i++) {
        LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
        told = actuator.get(name);
      }
      assertThat(told).contains("\"value\":1.0");
      assertThat(actuator.get("metrics")).contains("millrace.execution.connected.workers");
    } finally {
      peer.shutdownNow();
    }
  }

  @Test
  void settingsOfAdministrationThatMakeNoSenseAreRefused() throws Exception {
    Server peer = peer();
    assertThatThrownBy(
            () -> start(peer, "--millrace.execution.administration.gauge-interval=0s").close())
        .hasStackTraceContaining("gauge-interval (PT0S)");
    peer.shutdownNow();
  }

  private static ConfigurableApplicationContext start(Server peer, String... settings) {
    String target = "127.0.0.1:" + peer.getPort();
    List<String> all =
        new ArrayList<>(
            List.of(
                "--spring.datasource.url=" + TestDatabase.createUrl(),
                "--spring.datasource.username=postgres",
                "--spring.grpc.server.port=0",
                "--server.port=0",
                "--millrace.execution.idle-hold=1s",
                "--millrace.execution.busy-hold=100ms",
                "--millrace.cas.target=" + target,
                "--millrace.actioncache.target=" + target));
    all.addAll(List.of(settings));
    return new SpringApplicationBuilder(ExecutionApplication.class).run(all.toArray(String[]::new));
  }

  private static ManagedChannel channel(ConfigurableApplicationContext context) {
    int port = context.getBean(GrpcServerLifecycle.class).getPort();
    return Grpc.newChannelBuilder("127.0.0.1:" + port, InsecureChannelCredentials.create()).build();
  }

  /** The actuator as curl has it: status and body of each answer. */
  private record Actuator(HttpClient http, ConfigurableApplicationContext context) {
    String get(String path) throws Exception {
      return send(path, HttpRequest.newBuilder());
    }

    String delete(String path) throws Exception {
      return send(path, HttpRequest.newBuilder().DELETE());
    }

    String post(String path, String body) throws Exception {
      return send(
          path,
          HttpRequest.newBuilder()
              .header("Content-Type", "application/json")
              .POST(HttpRequest.BodyPublishers.ofString(body)));
    }

    private String send(String path, HttpRequest.Builder request) throws Exception {
      String port = context.getEnvironment().getProperty("local.server.port");
      HttpResponse<String> response =
          http.send(
              request.uri(URI.create("http://127.0.0.1:%s/actuator/%s".formatted(port, path))).build(),
              HttpResponse.BodyHandlers.ofString());
      return response.statusCode() + " " + response.body();
    }
  }

  private static BotSession open(ConfigurableApplicationContext context, String bot) {
    ManagedChannel channel = channel(context);
    try {
      return BotsGrpc.newBlockingStub(channel)
          .createBotSession(
              CreateBotSessionRequest.newBuilder()
                  .setBotSession(
                      BotSession.newBuilder()
                          .setBotId(bot)
                          .setWorker(
                              Worker.newBuilder()
                                  .addProperties(
                                      Worker.Property.newBuilder().setKey("rack").setValue("7"))))
                  .build());
    } finally {
      channel.shutdownNow();
    }
  }

  /** How many leases the bot has after it said that it has none: what it is told, it drops. */
  private static int leases(ConfigurableApplicationContext context, BotSession bot) {
    ManagedChannel channel = channel(context);
    try {
      return BotsGrpc.newBlockingStub(channel)
          .updateBotSession(
              UpdateBotSessionRequest.newBuilder().setName(bot.getName()).setBotSession(bot).build())
          .getLeasesCount();
    } finally {
      channel.shutdownNow();
    }
  }

  private static OperationName submit(ConfigurableApplicationContext context, int number) {
    return context
        .getBean(OperationStore.class)
        .submit(
            new Submission(
                InstanceName.ROOT,
                DigestFunction.SHA256.digestOf(new byte[] {(byte) number}),
                Action.getDefaultInstance(),
                Requirements.NONE,
                /* mergeable= */ true,
                /* doNotCache= */ false,
                0,
                Duration.ofHours(1),
                Submission.Origin.UNKNOWN),
            InliningWishes.NONE);
  }

  /** Says what a cache can do. */
  private static Server peer() throws IOException {
    return Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
        .addService(
            new CapabilitiesGrpc.CapabilitiesImplBase() {
              @Override
              public void getCapabilities(
                  GetCapabilitiesRequest request, StreamObserver<ServerCapabilities> answer) {
                answer.onNext(
                    ServerCapabilities.newBuilder()
                        .setCacheCapabilities(
                            CacheCapabilities.newBuilder().setMaxBatchTotalSizeBytes(42))
                        .build());
                answer.onCompleted();
              }
            })
        .build()
        .start();
  }
}
