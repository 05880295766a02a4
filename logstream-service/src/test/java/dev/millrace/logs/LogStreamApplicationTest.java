package dev.millrace.logs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import build.bazel.remote.logstream.v1.CreateLogStreamRequest;
import build.bazel.remote.logstream.v1.LogStreamServiceGrpc;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.grpc.server.lifecycle.GrpcServerLifecycle;

/** The whole process, called over the network. */
@SpringBootTest(classes = LogStreamApplication.class, properties = "spring.grpc.server.port=0")
class LogStreamApplicationTest {

  @Autowired private GrpcServerLifecycle server;

  private ManagedChannel channel;

  @BeforeEach
  void connect() {
    channel = NettyChannelBuilder.forAddress("127.0.0.1", server.getPort()).usePlaintext().build();
  }

  @AfterEach
  void disconnect() {
    channel.shutdownNow();
  }

  @Test
  void createLogStreamIsUnimplementedAndSaysWhereOutputIs() {
    CreateLogStreamRequest request = CreateLogStreamRequest.getDefaultInstance();
    assertThatExceptionOfType(StatusRuntimeException.class)
        .isThrownBy(() -> LogStreamServiceGrpc.newBlockingStub(channel).createLogStream(request))
        .satisfies(e -> {
          assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
          assertThat(e.getStatus().getDescription())
              .startsWith("CreateLogStream is not offered by this server")
              .contains("stdout_digest and stderr_digest");
        });
  }

  @Test
  void everyCallOfTheServiceIsTestedHere() {
    assertThat(LogStreamServiceGrpc.getServiceDescriptor().getMethods()).hasSize(1);
  }

  @Test
  void theProcessIsHealthy() {
    HealthCheckRequest request = HealthCheckRequest.getDefaultInstance();
    assertThat(HealthGrpc.newBlockingStub(channel).check(request).getStatus())
        .isEqualTo(ServingStatus.SERVING);
  }
}
