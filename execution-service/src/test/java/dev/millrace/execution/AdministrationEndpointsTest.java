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
import com.google.longrunning.OperationsGrpc;
import dev.millrace.actioncache.inlining.InliningWishes;
import dev.millrace.digest.DigestFunction;
import dev.millrace.execution.api.Client;
import dev.millrace.execution.operation.OperationName;
import dev.millrace.execution.scheduling.Requirements;
import dev.millrace.execution.store.OperationStore;
import dev.millrace.execution.store.Submission;
import dev.millrace.instance.InstanceName;
import dev.millrace.testing.TestDatabase;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.grpc.server.lifecycle.GrpcServerLifecycle;

/** The service as operators have it: endpoints of the actuator, and gauges. */
final class AdministrationEndpointsTest {

  @Test
  void operatorsSeeDrainAndKillOverHttp() throws Exception {
    try (Running service = new Running()) {
      BotSession bot = service.open("bot");
      OperationName operation = service.submit(1);
      assertThat(service.leases(bot)).isOne();

      assertThat(service.get("workers?bot=b*"))
          .startsWith("200 {\"workers\":[{\"instance\":\"\",\"bot\":\"bot\"")
          .contains("\"presence\":\"READY\"", "\"drained\":false", "\"rack\":[\"7\"]")
          .contains("\"operations\":[\"" + operation + "\"]");
      assertThat(service.get("workers?bot=other")).isEqualTo("200 {\"workers\":[]}");
      assertThat(service.get("operations?limit=1"))
          .startsWith("200 {\"actions\":[{\"action\":\"")
          .contains("\"stage\":\"EXECUTING\"", "\"workers\":[\"bot\"]");

      String order = "\"by\":\"alice\",\"reason\":\"kernel\"";
      assertThat(
              service.post(
                  "drains", "{\"property\":\"rack=7\",\"wait\":\"10ms\",%s}".formatted(order)))
          .isEqualTo("409 {\"idle\":false}");
      assertThat(service.get("drains"))
          .startsWith("200 {\"drains\":[{\"instance\":\"*\",\"bot\":\"*\",\"property\":\"rack=7\"")
          .contains(order, "\"until\":null");
      String kill = "operations/" + operation.id() + "?by=bob&reason=loops";
      assertThat(service.delete(kill)).isEqualTo("200 {\"kill\":\"done\"}");
      assertThat(service.delete(kill)).isEqualTo("409 {\"kill\":\"too late\"}");
      assertThat(service.delete("operations/" + new UUID(1, 2) + "?by=bob&reason=x"))
          .isEqualTo("404 {\"kill\":\"unknown\"}");
      assertThat(
              Client.response(
                      OperationsGrpc.newBlockingStub(service.channel)
                          .getOperation(
                              GetOperationRequest.newBuilder()
                                  .setName(operation.toString())
                                  .build()))
                  .getMessage())
          .isEqualTo("killed by bob: loops");

      assertThat(service.leases(bot)).as("the bot hears of it, and has let go").isZero();
      assertThat(
              service.post(
                  "drains",
                  "{\"bot\":\"bot\",\"lasting\":\"1h\",\"wait\":\"30s\",%s}".formatted(order)))
          .isEqualTo("200 {\"idle\":true}");
      assertThat(service.delete("drains?bot=bot")).isEqualTo("200 {\"ended\":true}");
      assertThat(service.delete("drains?bot=bot")).isEqualTo("404 {\"ended\":false}");
      OperationName next = service.submit(2);
      assertThat(service.leases(bot)).as("the other order holds").isZero();
      assertThat(service.delete("drains?property=rack%3D7")).isEqualTo("200 {\"ended\":true}");
      assertThat(service.leases(bot)).isOne();
      assertThat(service.get("workers")).contains(next.toString());
    }
  }

  @Test
  void ordersThatSayTooLittleAreRefused() throws Exception {
    try (Running service = new Running()) {
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
        assertThat(service.post("drains", body)).as(body).startsWith("400 ");
      }
      assertThat(service.get("drains")).isEqualTo("200 {\"drains\":[]}");
      assertThat(service.delete("drains")).startsWith("400 ");
      assertThat(service.get("workers?property=rack")).startsWith("400 ");
      assertThat(service.get("operations?limit=0")).startsWith("400 ");
      assertThat(service.delete("operations/nonsense?by=a&reason=b")).startsWith("400 ");
      assertThat(service.delete("operations/" + new UUID(1, 2) + "?by=a")).startsWith("400 ");
    }
  }

  @Test
  void gaugesTellOfPools() throws Exception {
    try (Running service = new Running("--millrace.execution.administration.gauge-interval=20ms")) {
      BotSession bot = service.open("bot");
      OperationName operation = service.submit(1);
      assertThat(service.leases(bot)).isOne();
      assertThat(operation.id()).isNotNull();

      String name = "metrics/millrace.execution.desired.workers?tag=pool:default";
      String told = service.get(name);
      // Which round of looking up sees it is not the test's to say.
      for (int i = 0; i < 10_000 && !told.contains("\"value\":1.0"); i++) {
        told = service.get(name);
      }
      assertThat(told).contains("\"value\":1.0");
      assertThat(service.get("metrics")).contains("millrace.execution.connected.workers");
    }
  }

  @Test
  void settingsOfAdministrationThatMakeNoSenseAreRefused() throws Exception {
    assertThatThrownBy(
            () -> new Running("--millrace.execution.administration.gauge-interval=0s").close())
        .hasStackTraceContaining("gauge-interval (PT0S)");
  }

  /** A service, the actuator as curl has it, and a bot beside it. */
  private static final class Running implements AutoCloseable {
    private final ConfigurableApplicationContext context;
    private final ManagedChannel channel;
    private final HttpClient http = HttpClient.newHttpClient();

    Running(String... settings) {
      List<String> all =
          new ArrayList<>(
              List.of(
                  "--spring.datasource.url=" + TestDatabase.createUrl(),
                  "--spring.datasource.username=postgres",
                  "--spring.grpc.server.port=0",
                  "--server.port=0",
                  "--millrace.execution.idle-hold=200ms",
                  "--millrace.execution.busy-hold=100ms",
                  "--millrace.cas.target=127.0.0.1:1",
                  "--millrace.actioncache.target=127.0.0.1:1"));
      all.addAll(List.of(settings));
      context =
          new SpringApplicationBuilder(ExecutionApplication.class).run(all.toArray(String[]::new));
      int port = context.getBean(GrpcServerLifecycle.class).getPort();
      channel =
          Grpc.newChannelBuilder("127.0.0.1:" + port, InsecureChannelCredentials.create()).build();
    }

    @Override
    public void close() {
      channel.shutdownNow();
      context.close();
      http.close();
    }

    /** Status and body of the answer. */
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
      URI uri = URI.create("http://127.0.0.1:%s/actuator/%s".formatted(port, path));
      HttpResponse<String> response =
          http.send(request.uri(uri).build(), HttpResponse.BodyHandlers.ofString());
      return response.statusCode() + " " + response.body();
    }

    BotSession open(String bot) {
      Worker worker =
          Worker.newBuilder()
              .addProperties(Worker.Property.newBuilder().setKey("rack").setValue("7"))
              .build();
      return BotsGrpc.newBlockingStub(channel)
          .createBotSession(
              CreateBotSessionRequest.newBuilder()
                  .setBotSession(BotSession.newBuilder().setBotId(bot).setWorker(worker))
                  .build());
    }

    /** How many leases the bot is given after it said that it has none. */
    int leases(BotSession bot) {
      return BotsGrpc.newBlockingStub(channel)
          .updateBotSession(
              UpdateBotSessionRequest.newBuilder()
                  .setName(bot.getName())
                  .setBotSession(bot)
                  .build())
          .getLeasesCount();
    }

    OperationName submit(int number) {
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
              InliningWishes.NONE)
          .name();
    }
  }
}
