package dev.millrace.cas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import build.bazel.remote.execution.v2.BatchReadBlobsRequest;
import build.bazel.remote.execution.v2.BatchReadBlobsResponse;
import build.bazel.remote.execution.v2.BatchUpdateBlobsRequest;
import build.bazel.remote.execution.v2.CapabilitiesGrpc;
import build.bazel.remote.execution.v2.ContentAddressableStorageGrpc;
import build.bazel.remote.execution.v2.Directory;
import build.bazel.remote.execution.v2.FindMissingBlobsRequest;
import build.bazel.remote.execution.v2.GetCapabilitiesRequest;
import build.bazel.remote.execution.v2.GetTreeRequest;
import build.bazel.remote.execution.v2.SpliceBlobRequest;
import build.bazel.remote.execution.v2.SplitBlobRequest;
import com.google.bytestream.ByteStreamGrpc;
import com.google.bytestream.QueryWriteStatusRequest;
import com.google.bytestream.ReadRequest;
import com.google.bytestream.WriteRequest;
import com.google.bytestream.WriteResponse;
import com.google.protobuf.ByteString;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.empty.EmptyProvidingBlobStore;
import dev.millrace.blobstore.inheriting.InheritingBlobStore;
import dev.millrace.cas.backend.Backend;
import dev.millrace.cas.backend.BackendKind;
import dev.millrace.cas.backend.OnEveryBackend;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.digest.wire.Digests;
import dev.millrace.grpc.server.GrpcEdgeConfiguration;
import dev.millrace.staging.StagingArea;
import dev.millrace.testing.RandomBlobs;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Import;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.grpc.server.lifecycle.GrpcServerLifecycle;

/** The service put together as in its process, over a real connection, on each back end. */
@OnEveryBackend
final class BackendsOverNettyTest {

  @SpringBootConfiguration
  @EnableAutoConfiguration
  @Import({GrpcEdgeConfiguration.class, CasConfiguration.class})
  static class Application {}

  private final RandomBlobs random = RandomBlobs.seeded();
  private final Backend backend;
  private final ConfigurableApplicationContext service;
  private final ManagedChannel channel;

  BackendsOverNettyTest(BackendKind kind) {
    backend = kind.make();
    service =
        new SpringApplicationBuilder(Application.class)
            .properties("spring.grpc.server.port=0", "server.port=0")
            .initializers((GenericApplicationContext context) -> {
              context.registerBean(
                  BlobStore.class,
                  () -> new EmptyProvidingBlobStore(new InheritingBlobStore(backend.store())));
              context.registerBean(StagingArea.class, backend::staging);
            })
            .run();
    channel =
        NettyChannelBuilder.forAddress(
                "127.0.0.1", service.getBean(GrpcServerLifecycle.class).getPort())
            .usePlaintext()
            .build();
  }

  @AfterEach
  void close() {
    channel.shutdownNow();
    service.close();
    backend.close();
  }

  @Test
  void blobsComeAndGoInEveryWay() throws Exception {
    ByteString large = random.next(5_000_000);
    Digest digest = digest(large);
    fails(Status.Code.NOT_FOUND, () -> read(digest));
    String name = "uploads/" + UUID.randomUUID() + "/blobs/" + digest;
    fails(
        Status.Code.NOT_FOUND,
        () ->
            bytes()
                .queryWriteStatus(
                    QueryWriteStatusRequest.newBuilder().setResourceName(name).build()));
    assertThat(write(name, large, 0, 2_000_000)).isEqualTo(2_000_000);
    assertThat(
            bytes()
                .queryWriteStatus(
                    QueryWriteStatusRequest.newBuilder().setResourceName(name).build())
                .getCommittedSize())
        .isEqualTo(2_000_000);
    assertThat(write(name, large, 2_000_000, 5_000_000)).isEqualTo(5_000_000);
    assertThat(read(digest)).isEqualTo(large);

    ByteString small = random.next(1000);
    BatchUpdateBlobsRequest.Builder update = BatchUpdateBlobsRequest.newBuilder();
    update.addRequestsBuilder().setDigest(Digests.toProto(digest(small))).setData(small);
    assertThat(storage().batchUpdateBlobs(update.build()).getResponses(0).getStatus().getCode())
        .isZero();
    assertThat(
            storage()
                .batchReadBlobs(
                    BatchReadBlobsRequest.newBuilder()
                        .addDigests(Digests.toProto(digest(small)))
                        .build())
                .getResponses(0)
                .getData())
        .isEqualTo(small);
    Digest absent = digest(random.next(10));
    assertThat(
            storage()
                .findMissingBlobs(
                    FindMissingBlobsRequest.newBuilder()
                        .addBlobDigests(Digests.toProto(digest(small)))
                        .addBlobDigests(Digests.toProto(absent))
                        .addBlobDigests(Digests.toProto(digest))
                        .build())
                .getMissingBlobDigestsList())
        .containsExactly(Digests.toProto(absent));

    var chunks =
        storage()
            .splitBlob(SplitBlobRequest.newBuilder().setBlobDigest(Digests.toProto(digest)).build())
            .getChunkDigestsList();
    assertThat(chunks).hasSizeGreaterThan(1);
    assertThat(
            storage()
                .spliceBlob(
                    SpliceBlobRequest.newBuilder()
                        .setBlobDigest(Digests.toProto(digest))
                        .addAllChunkDigests(chunks)
                        .build())
                .getBlobDigest())
        .isEqualTo(Digests.toProto(digest));

    Directory root = Directory.newBuilder().build();
    assertThat(
            storage()
                .getTree(
                    GetTreeRequest.newBuilder()
                        .setRootDigest(Digests.toProto(digest(root.toByteString())))
                        .build())
                .next()
                .getDirectoriesList())
        .containsExactly(root);
  }

  @Test
  void aBatchOfTheAdvertisedSizeFitsBothWays() {
    int most =
        (int)
            CapabilitiesGrpc.newBlockingStub(channel)
                .getCapabilities(GetCapabilitiesRequest.getDefaultInstance())
                .getCacheCapabilities()
                .getMaxBatchTotalSizeBytes();
    assertThat(most).isBetween(3 << 20, 4 << 20);
    List<ByteString> blobs =
        List.of(random.next(1000), random.next(most / 2), random.next(most - most / 2 - 1000));
    BatchUpdateBlobsRequest.Builder update = BatchUpdateBlobsRequest.newBuilder();
    BatchReadBlobsRequest.Builder read = BatchReadBlobsRequest.newBuilder();
    for (ByteString blob : blobs) {
      update.addRequestsBuilder().setDigest(Digests.toProto(digest(blob))).setData(blob);
      read.addDigests(Digests.toProto(digest(blob)));
    }
    assertThat(storage().batchUpdateBlobs(update.build()).getResponsesList())
        .hasSize(3)
        .allMatch(item -> item.getStatus().getCode() == 0);
    assertThat(storage().batchReadBlobs(read.build()).getResponsesList())
        .extracting(BatchReadBlobsResponse.Response::getData)
        .isEqualTo(blobs);
    ByteString more = random.next(1);
    update.addRequestsBuilder().setDigest(Digests.toProto(digest(more))).setData(more);
    fails(Status.Code.INVALID_ARGUMENT, () -> storage().batchUpdateBlobs(update.build()));
    read.addDigests(Digests.toProto(digest(more)));
    fails(Status.Code.INVALID_ARGUMENT, () -> storage().batchReadBlobs(read.build()));
  }

  private ContentAddressableStorageGrpc.ContentAddressableStorageBlockingStub storage() {
    return ContentAddressableStorageGrpc.newBlockingStub(channel);
  }

  private ByteStreamGrpc.ByteStreamBlockingStub bytes() {
    return ByteStreamGrpc.newBlockingStub(channel);
  }

  private ByteString read(Digest digest) {
    ByteString.Output whole = ByteString.newOutput();
    bytes()
        .read(ReadRequest.newBuilder().setResourceName("blobs/" + digest).build())
        .forEachRemaining(part -> part.getData().forEach(b -> whole.write(b)));
    return whole.toByteString();
  }

  private long write(String name, ByteString blob, int from, int to) throws Exception {
    CompletableFuture<WriteResponse> answer = new CompletableFuture<>();
    StreamObserver<WriteRequest> requests =
        ByteStreamGrpc.newStub(channel)
            .write(
                new StreamObserver<>() {
                  @Override
                  public void onNext(WriteResponse response) {
                    answer.complete(response);
                  }

                  @Override
                  public void onError(Throwable thrown) {
                    answer.completeExceptionally(thrown);
                  }

                  @Override
                  public void onCompleted() {}
                });
    for (int at = from; at < to; at += 500_000) {
      requests.onNext(
          WriteRequest.newBuilder()
              .setResourceName(name)
              .setWriteOffset(at)
              .setData(blob.substring(at, at + 500_000))
              .setFinishWrite(at + 500_000 == blob.size())
              .build());
    }
    requests.onCompleted();
    return answer.get(30, TimeUnit.SECONDS).getCommittedSize();
  }

  private static void fails(
      Status.Code code, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    assertThatThrownBy(call)
        .satisfies(e -> assertThat(Status.fromThrowable(e).getCode()).isEqualTo(code));
  }

  private static Digest digest(ByteString blob) {
    return DigestFunction.SHA256.digestOf(blob.toByteArray());
  }
}
