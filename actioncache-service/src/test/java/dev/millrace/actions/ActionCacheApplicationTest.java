package dev.millrace.actions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import build.bazel.remote.execution.v2.ActionCacheGrpc;
import build.bazel.remote.execution.v2.ActionCacheGrpc.ActionCacheBlockingStub;
import build.bazel.remote.execution.v2.ActionResult;
import build.bazel.remote.execution.v2.BatchReadBlobsRequest;
import build.bazel.remote.execution.v2.BatchReadBlobsResponse;
import build.bazel.remote.execution.v2.CapabilitiesGrpc;
import build.bazel.remote.execution.v2.ContentAddressableStorageGrpc;
import build.bazel.remote.execution.v2.ExecutedActionMetadata;
import build.bazel.remote.execution.v2.GetActionResultRequest;
import build.bazel.remote.execution.v2.GetCapabilitiesRequest;
import build.bazel.remote.execution.v2.UpdateActionResultRequest;
import com.google.protobuf.ByteString;
import com.google.rpc.Code;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.digest.wire.Digests;
import dev.millrace.testing.TestDatabase;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.grpc.server.lifecycle.GrpcServerLifecycle;

/** The service as it is deployed: a port, a database, a CAS at the other end of a channel. */
final class ActionCacheApplicationTest {

  private static final Digest ACTION = DigestFunction.SHA256.digestOf(new byte[] {1});
  private static final ActionResult RESULT =
      ActionResult.newBuilder().setStdoutRaw(ByteString.copyFromUtf8("hello")).build();

  @Test
  void servesFromADatabaseAcrossRestartsAndWithoutTheCasIsUnavailable() throws Exception {
    String database = TestDatabase.createUrl();
    Server cas = emptyCas();
    String target = "127.0.0.1:" + cas.getPort();
    try (Running service = new Running(database, target)) {
      assertThat(service.client().updateActionResult(update(ACTION))).isEqualTo(RESULT);
      assertThat(service.client().getActionResult(get(""))).isEqualTo(RESULT);
      assertThat(service.client().getActionResult(get("below/the/root"))).isEqualTo(RESULT);
      assertThat(
              CapabilitiesGrpc.newBlockingStub(service.channel)
                  .getCapabilities(GetCapabilitiesRequest.getDefaultInstance())
                  .getCacheCapabilities()
                  .getActionCacheUpdateCapabilities()
                  .getUpdateEnabled())
          .isTrue();
    }
    cas.shutdownNow();
    try (Running restarted = new Running(database, target)) {
      assertThat(restarted.client().getActionResult(get(""))).isEqualTo(RESULT);
      assertThatThrownBy(() -> restarted.client().updateActionResult(update(ACTION)))
          .isInstanceOfSatisfying(
              StatusRuntimeException.class,
              e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE));
    }
  }

  @Test
  void operatorsCountAndRevokeResultsOverHttp() throws Exception {
    Server cas = emptyCas();
    try (Running service = new Running(TestDatabase.createUrl(), "127.0.0.1:" + cas.getPort());
        HttpClient http = HttpClient.newHttpClient()) {
      ActionResult byWorker =
          RESULT.toBuilder()
              .setExecutionMetadata(ExecutedActionMetadata.newBuilder().setWorker("bad one"))
              .build();
      assertThat(
              service
                  .client()
                  .updateActionResult(update(ACTION).toBuilder().setActionResult(byWorker).build()))
          .isEqualTo(byWorker);
      String chosen = "?worker=bad%20one&from=2020-01-01T00:00:00Z&instance=";
      assertThat(service.send(http, "GET", chosen)).isEqualTo("200 {\"results\":1}");
      assertThat(service.send(http, "GET", "?worker=good")).isEqualTo("200 {\"results\":0}");
      for (String wrong :
          List.of("", "?worker=", "?from=yesterday", "?instance=a//b", "?unknown=1")) {
        assertThat(service.send(http, "DELETE", wrong)).as(wrong).startsWith("400 ");
      }
      assertThat(service.client().getActionResult(get(""))).isEqualTo(byWorker);
      assertThat(service.send(http, "DELETE", chosen)).isEqualTo("200 {\"results\":1}");
      assertThatThrownBy(() -> service.client().getActionResult(get("")))
          .isInstanceOfSatisfying(
              StatusRuntimeException.class,
              e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND));
    }
    cas.shutdownNow();
  }

  private static UpdateActionResultRequest update(Digest action) {
    return UpdateActionResultRequest.newBuilder()
        .setActionDigest(Digests.toProto(action))
        .setActionResult(RESULT)
        .build();
  }

  private static GetActionResultRequest get(String instance) {
    return GetActionResultRequest.newBuilder()
        .setInstanceName(instance)
        .setActionDigest(Digests.toProto(ACTION))
        .build();
  }

  /** A CAS that has nothing. */
  private static Server emptyCas() throws IOException {
    return Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
        .addService(
            new ContentAddressableStorageGrpc.ContentAddressableStorageImplBase() {
              @Override
              public void batchReadBlobs(
                  BatchReadBlobsRequest request, StreamObserver<BatchReadBlobsResponse> answer) {
                BatchReadBlobsResponse.Builder response = BatchReadBlobsResponse.newBuilder();
                request
                    .getDigestsList()
                    .forEach(digest ->
                        response
                            .addResponsesBuilder()
                            .setDigest(digest)
                            .getStatusBuilder()
                            .setCode(Code.NOT_FOUND_VALUE));
                answer.onNext(response.build());
                answer.onCompleted();
              }
            })
        .build()
        .start();
  }

  private static final class Running implements AutoCloseable {
    private final ConfigurableApplicationContext context;
    private final ManagedChannel channel;

    Running(String database, String casTarget) {
      context =
          new SpringApplicationBuilder(ActionCacheApplication.class)
              .run(
                  "--spring.datasource.url=" + database,
                  "--spring.grpc.server.port=0",
                  "--server.port=0",
                  "--millrace.cas.target=" + casTarget);
      int port = context.getBean(GrpcServerLifecycle.class).getPort();
      channel =
          Grpc.newChannelBuilder("127.0.0.1:" + port, InsecureChannelCredentials.create()).build();
    }

    String send(HttpClient http, String method, String query) throws Exception {
      String port = context.getEnvironment().getProperty("local.server.port");
      HttpResponse<String> response =
          http.send(
              HttpRequest.newBuilder()
                  .uri(URI.create("http://127.0.0.1:" + port + "/actuator/actionresults" + query))
                  .method(method, HttpRequest.BodyPublishers.noBody())
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      return response.statusCode() + " " + response.body();
    }

    ActionCacheBlockingStub client() {
      return ActionCacheGrpc.newBlockingStub(channel);
    }

    @Override
    public void close() {
      channel.shutdownNow();
      context.close();
    }
  }
}
