package dev.millrace.execution;

import static org.assertj.core.api.Assertions.assertThat;

import build.bazel.remote.execution.v2.CacheCapabilities;
import build.bazel.remote.execution.v2.CapabilitiesGrpc;
import build.bazel.remote.execution.v2.GetCapabilitiesRequest;
import build.bazel.remote.execution.v2.ServerCapabilities;
import com.google.longrunning.ListOperationsRequest;
import com.google.longrunning.OperationsGrpc;
import com.zaxxer.hikari.HikariDataSource;
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
import org.springframework.jdbc.core.simple.JdbcClient;

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
      assertNobodyWaitsForEver(context.getBean(HikariDataSource.class));
    } finally {
      peer.shutdownNow();
    }
  }

  private static void assertNobodyWaitsForEver(HikariDataSource database) {
    assertThat(database.getDataSourceProperties())
        .containsEntry("socketTimeout", "30")
        .containsEntry("tcpKeepAlive", "true");
    JdbcClient sql = JdbcClient.create(database);
    assertThat(sql.sql("show statement_timeout").query(String.class).single()).isEqualTo("25s");
    assertThat(sql.sql("show idle_in_transaction_session_timeout").query(String.class).single())
        .isEqualTo("30s");
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
