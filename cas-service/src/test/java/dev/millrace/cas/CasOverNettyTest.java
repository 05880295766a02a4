package dev.millrace.cas;

import static org.assertj.core.api.Assertions.assertThat;

import build.bazel.remote.execution.v2.BatchReadBlobsRequest;
import build.bazel.remote.execution.v2.BatchUpdateBlobsRequest;
import build.bazel.remote.execution.v2.CacheCapabilities;
import build.bazel.remote.execution.v2.CapabilitiesGrpc;
import build.bazel.remote.execution.v2.Compressor;
import build.bazel.remote.execution.v2.ContentAddressableStorageGrpc;
import build.bazel.remote.execution.v2.DigestFunction.Value;
import build.bazel.remote.execution.v2.GetCapabilitiesRequest;
import build.bazel.remote.execution.v2.ServerCapabilities;
import build.bazel.remote.execution.v2.SymlinkAbsolutePathStrategy;
import com.google.bytestream.ByteStreamGrpc;
import com.google.bytestream.ReadRequest;
import com.google.bytestream.ReadResponse;
import com.google.bytestream.WriteRequest;
import com.google.bytestream.WriteResponse;
import com.google.protobuf.ByteString;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.Blobs;
import dev.millrace.blobstore.memory.MemoryBlobStore;
import dev.millrace.blobstore.verifying.VerifyingBlobStore;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.digest.wire.Digests;
import dev.millrace.grpc.server.GrpcEdgeConfiguration;
import dev.millrace.instance.InstanceName;
import dev.millrace.staging.StagingArea;
import dev.millrace.staging.memory.MemoryStagingArea;
import dev.millrace.staging.verifying.VerifyingStagingArea;
import dev.millrace.testing.RandomBlobs;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.reflection.v1.ServiceResponse;
import io.grpc.stub.StreamObserver;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.grpc.server.autoconfigure.GrpcServerProperties;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.grpc.server.lifecycle.GrpcServerLifecycle;

/** The service put together as in its process, over a real connection. */
@SpringBootTest(
    classes = CasOverNettyTest.Application.class,
    properties = {
      "spring.grpc.server.port=0",
      "millrace.grpc.instances=,team",
      "millrace.grpc.digest-functions=BLAKE3,SHA256"
    })
final class CasOverNettyTest {

  @SpringBootConfiguration
  @EnableAutoConfiguration
  @Import({GrpcEdgeConfiguration.class, CasConfiguration.class})
  static class Application {
    private final MemoryBlobStore memory = new MemoryBlobStore();

    @Bean
    BlobStore blobStore() {
      return new VerifyingBlobStore(memory);
    }

    @Bean
    StagingArea stagingArea() {
      return new VerifyingStagingArea(new MemoryStagingArea(memory, Clock.systemUTC()));
    }
  }

  @Autowired private GrpcServerLifecycle server;
  @Autowired private GrpcServerProperties settings;
  @Autowired private MeterRegistry meters;
  @Autowired private BlobStore store;

  private final RandomBlobs random = RandomBlobs.seeded();
  private ManagedChannel channel;

  @BeforeEach
  void connect() {
    channel =
        NettyChannelBuilder.forAddress("127.0.0.1", server.getPort())
            .usePlaintext()
            .keepAliveTime(10, TimeUnit.SECONDS)
            .keepAliveWithoutCalls(true)
            .build();
  }

  @AfterEach
  void disconnect() {
    channel.shutdownNow();
  }

  @Test
  void capabilitiesTellTheTruth() {
    ServerCapabilities capabilities =
        CapabilitiesGrpc.newBlockingStub(channel)
            .getCapabilities(GetCapabilitiesRequest.getDefaultInstance());
    assertThat(capabilities.getLowApiVersion().getMajor()).isEqualTo(2);
    assertThat(capabilities.getLowApiVersion().getMinor()).isZero();
    assertThat(capabilities.getHighApiVersion().getMajor()).isEqualTo(2);
    assertThat(capabilities.getHighApiVersion().getMinor()).isEqualTo(12);
    assertThat(capabilities.hasDeprecatedApiVersion()).isFalse();
    CacheCapabilities cache = capabilities.getCacheCapabilities();
    assertThat(cache.getDigestFunctionsList()).containsExactly(Value.BLAKE3, Value.SHA256);
    assertThat(cache.getMaxBatchTotalSizeBytes()).isEqualTo(3 * 1024 * 1024);
    assertThat(cache.getSymlinkAbsolutePathStrategy())
        .isEqualTo(SymlinkAbsolutePathStrategy.Value.ALLOWED);
    assertThat(cache.getSupportedCompressorsList())
        .containsExactly(Compressor.Value.ZSTD, Compressor.Value.DEFLATE, Compressor.Value.BROTLI);
    assertThat(cache.getSupportedBatchUpdateCompressorsList())
        .isEqualTo(cache.getSupportedCompressorsList());
    assertThat(cache.getSplitBlobSupport()).isTrue();
    assertThat(cache.getSpliceBlobSupport()).isTrue();
    assertThat(cache.getFastCdc2020Params().getAvgChunkSizeBytes()).isEqualTo(512 * 1024);
    assertThat(cache.getRepMaxCdcParams().getMinChunkSizeBytes()).isEqualTo(256 * 1024);
    assertThat(cache.getRepMaxCdcParams().getHorizonSizeBytes()).isEqualTo(2 * 1024 * 1024);
  }

  @Test
  void healthAndReflectionAreServed() {
    assertThat(
            HealthGrpc.newBlockingStub(channel)
                .check(HealthCheckRequest.getDefaultInstance())
                .getStatus())
        .isEqualTo(ServingStatus.SERVING);
    CompletableFuture<ServerReflectionResponse> services = new CompletableFuture<>();
    ServerReflectionGrpc.newStub(channel)
        .serverReflectionInfo(completing(services))
        .onNext(ServerReflectionRequest.newBuilder().setListServices("").build());
    assertThat(
            services
                .orTimeout(20, TimeUnit.SECONDS)
                .join()
                .getListServicesResponse()
                .getServiceList())
        .extracting(ServiceResponse::getName)
        .contains("google.bytestream.ByteStream", "grpc.health.v1.Health");
  }

  @Test
  void keepAliveIsAcceptedEveryTenSeconds() {
    assertThat(settings.getKeepalive().getPermit().getTime()).isEqualTo(Duration.ofSeconds(10));
    assertThat(settings.getKeepalive().getPermit().isWithoutCalls()).isTrue();
  }

  @Test
  void anInstanceThatIsNotServedIsRefused() {
    assertThat(status(() -> capabilities("team")).isOk()).isTrue();
    Status refused = status(() -> capabilities("other"));
    assertThat(refused.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(refused.getDescription()).startsWith("instance_name: ");
    assertThat(status(() -> read("other/blobs/" + "a".repeat(64) + "/1")).getCode())
        .isEqualTo(Status.Code.INVALID_ARGUMENT);
  }

  @Test
  void aBatchOfTheAdvertisedSizeFitsBothWays() {
    ByteString blob = random.next(3 * 1024 * 1024);
    Digest digest = DigestFunction.SHA256.digestOf(blob.toByteArray());
    BatchUpdateBlobsRequest.Builder update = BatchUpdateBlobsRequest.newBuilder();
    update.addRequestsBuilder().setDigest(Digests.toProto(digest)).setData(blob);
    ContentAddressableStorageGrpc.ContentAddressableStorageBlockingStub storage =
        ContentAddressableStorageGrpc.newBlockingStub(channel);
    assertThat(storage.batchUpdateBlobs(update.build()).getResponses(0).getStatus().getCode())
        .isZero();
    assertThat(
            storage
                .batchReadBlobs(
                    BatchReadBlobsRequest.newBuilder().addDigests(Digests.toProto(digest)).build())
                .getResponses(0)
                .getData())
        .isEqualTo(blob);
  }

  @Test
  void anErrorAboutALongAndForeignNameStillReachesTheClient() {
    Status refused = status(() -> read("\u00fc".repeat(3000) + "/blobs/x/1"));
    assertThat(refused.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(refused.getDescription()).startsWith("resource_name: ");
  }

  @Test
  void metricsKnowTheTrueStatus() {
    status(() -> read("nonsense"));
    org.awaitility.Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() ->
            assertThat(
                    meters
                        .get("grpc.server")
                        .tag("rpc.method", "Read")
                        .tag("grpc.status_code", "INVALID_ARGUMENT")
                        .timer()
                        .count())
                .isPositive());
  }

  @Test
  void aBlobThatExistsIsAnsweredWhileALargeUploadIsOnItsWay() {
    ByteString blob = random.next(8_000_000);
    Digest digest = Blobs.write(store, InstanceName.ROOT, DigestFunction.SHA256, blob);
    CompletableFuture<WriteResponse> answer = new CompletableFuture<>();
    StreamObserver<WriteRequest> requests =
        ByteStreamGrpc.newStub(channel).write(completing(answer));
    String name = "uploads/" + UUID.randomUUID() + "/blobs/" + digest;
    for (int at = 0; at < blob.size(); at += 100_000) {
      requests.onNext(
          WriteRequest.newBuilder()
              .setResourceName(name)
              .setWriteOffset(at)
              .setData(blob.substring(at, at + 100_000))
              .build());
    }
    assertThat(answer.orTimeout(20, TimeUnit.SECONDS).join().getCommittedSize())
        .isEqualTo(8_000_000);
  }

  @Test
  void aHundredStalledReadersOnOneConnectionHoldUpNobody() {
    ByteString blob = random.next(1_000_000);
    Digest digest = Blobs.write(store, InstanceName.ROOT, DigestFunction.SHA256, blob);
    List<StalledReader> stalled = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      stalled.add(new StalledReader("blobs/" + digest));
    }
    assertThat(capabilities("").hasCacheCapabilities()).isTrue();
    for (StalledReader reader : stalled) {
      assertThat(reader.rest()).isEqualTo(blob);
    }
  }

  private ServerCapabilities capabilities(String instance) {
    return CapabilitiesGrpc.newBlockingStub(channel)
        .getCapabilities(GetCapabilitiesRequest.newBuilder().setInstanceName(instance).build());
  }

  private void read(String name) {
    ByteStreamGrpc.newBlockingStub(channel)
        .read(ReadRequest.newBuilder().setResourceName(name).build())
        .hasNext();
  }

  private static Status status(Runnable call) {
    try {
      call.run();
      return Status.OK;
    } catch (StatusRuntimeException e) {
      return e.getStatus();
    }
  }

  private static <T> StreamObserver<T> completing(CompletableFuture<T> answer) {
    return new StreamObserver<>() {
      @Override
      public void onNext(T value) {
        answer.complete(value);
      }

      @Override
      public void onError(Throwable thrown) {
        answer.completeExceptionally(thrown);
      }

      @Override
      public void onCompleted() {}
    };
  }

  /** Takes one message and then nothing until it is told to. */
  private final class StalledReader {
    private final LinkedBlockingQueue<ByteString> parts = new LinkedBlockingQueue<>();
    private final CompletableFuture<Status> end = new CompletableFuture<>();
    private final ClientCall<ReadRequest, ReadResponse> call =
        channel.newCall(ByteStreamGrpc.getReadMethod(), CallOptions.DEFAULT);

    StalledReader(String name) {
      call.start(
          new ClientCall.Listener<>() {
            @Override
            public void onMessage(ReadResponse response) {
              parts.add(response.getData());
            }

            @Override
            public void onClose(Status status, Metadata trailers) {
              end.complete(status);
            }
          },
          new Metadata());
      call.sendMessage(ReadRequest.newBuilder().setResourceName(name).build());
      call.halfClose();
      call.request(1);
    }

    ByteString rest() {
      call.request(Integer.MAX_VALUE);
      assertThat(end.orTimeout(20, TimeUnit.SECONDS).join().isOk()).isTrue();
      return ByteString.copyFrom(parts);
    }
  }
}
