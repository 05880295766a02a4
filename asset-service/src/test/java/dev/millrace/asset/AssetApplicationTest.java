package dev.millrace.asset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import build.bazel.remote.asset.v1.FetchBlobRequest;
import build.bazel.remote.asset.v1.FetchDirectoryRequest;
import build.bazel.remote.asset.v1.FetchGrpc;
import build.bazel.remote.asset.v1.PushBlobRequest;
import build.bazel.remote.asset.v1.PushDirectoryRequest;
import build.bazel.remote.asset.v1.PushGrpc;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.grpc.server.lifecycle.GrpcServerLifecycle;

/** The whole process, called over the network. */
@SpringBootTest(classes = AssetApplication.class, properties = "spring.grpc.server.port=0")
class AssetApplicationTest {

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
  void fetchBlobIsUnimplementedAndSaysWhatToDoInstead() {
    unimplemented(
        "FetchBlob is not offered by this server",
        "Let the client download by itself",
        () -> FetchGrpc.newBlockingStub(channel).fetchBlob(FetchBlobRequest.getDefaultInstance()));
  }

  @Test
  void fetchDirectoryIsUnimplementedAndSaysWhatToDoInstead() {
    unimplemented(
        "FetchDirectory is not offered by this server",
        "Let the client check out or unpack by itself",
        () ->
            FetchGrpc.newBlockingStub(channel)
                .fetchDirectory(FetchDirectoryRequest.getDefaultInstance()));
  }

  @Test
  void pushBlobIsUnimplementedAndSaysThatNothingIsStored() {
    unimplemented(
        "PushBlob is not offered by this server",
        "nothing has been stored",
        () -> PushGrpc.newBlockingStub(channel).pushBlob(PushBlobRequest.getDefaultInstance()));
  }

  @Test
  void pushDirectoryIsUnimplementedAndSaysThatNothingIsStored() {
    unimplemented(
        "PushDirectory is not offered by this server",
        "nothing has been stored",
        () ->
            PushGrpc.newBlockingStub(channel)
                .pushDirectory(PushDirectoryRequest.getDefaultInstance()));
  }

  @Test
  void everyCallOfBothServicesIsTestedHere() {
    assertThat(FetchGrpc.getServiceDescriptor().getMethods()).hasSize(2);
    assertThat(PushGrpc.getServiceDescriptor().getMethods()).hasSize(2);
  }

  @Test
  void theProcessIsHealthy() {
    HealthCheckRequest request = HealthCheckRequest.getDefaultInstance();
    assertThat(HealthGrpc.newBlockingStub(channel).check(request).getStatus())
        .isEqualTo(ServingStatus.SERVING);
  }

  private static void unimplemented(String what, String instead, ThrowingCallable call) {
    assertThatExceptionOfType(StatusRuntimeException.class)
        .isThrownBy(call)
        .satisfies(e -> {
          assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
          assertThat(e.getStatus().getDescription()).startsWith(what).contains(instead);
        });
  }
}
