package dev.millrace.systemtests;

import build.bazel.remote.execution.v2.BatchUpdateBlobsRequest;
import build.bazel.remote.execution.v2.BatchUpdateBlobsResponse;
import build.bazel.remote.execution.v2.ContentAddressableStorageGrpc;
import build.bazel.remote.execution.v2.FindMissingBlobsRequest;
import com.google.bytestream.ByteStreamGrpc;
import com.google.bytestream.QueryWriteStatusRequest;
import com.google.bytestream.ReadRequest;
import com.google.bytestream.ReadResponse;
import com.google.bytestream.WriteRequest;
import com.google.bytestream.WriteResponse;
import com.google.protobuf.ByteString;
import com.google.rpc.Code;
import dev.millrace.digest.wire.Digests;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

/** A client of one server that may die at any moment; its failures are {@link Status}es. */
final class CrashClient implements AutoCloseable {

  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final ManagedChannel channel;

  CrashClient(int port) {
    channel =
        Grpc.newChannelBuilder("127.0.0.1:" + port, InsecureChannelCredentials.create())
            .maxInboundMessageSize(8 * 1024 * 1024)
            .build();
  }

  private ContentAddressableStorageGrpc.ContentAddressableStorageBlockingStub storage() {
    return ContentAddressableStorageGrpc.newBlockingStub(channel).withDeadlineAfter(LIMIT);
  }

  private ByteStreamGrpc.ByteStreamBlockingStub bytes() {
    return ByteStreamGrpc.newBlockingStub(channel).withDeadlineAfter(LIMIT);
  }

  /** Those of the blobs that the server says it has. */
  Set<SeededBlob> present(List<SeededBlob> blobs) {
    FindMissingBlobsRequest.Builder request = FindMissingBlobsRequest.newBuilder();
    blobs.forEach(blob -> request.addBlobDigests(Digests.toProto(blob.digest())));
    Set<Object> missing =
        new HashSet<>(storage().findMissingBlobs(request.build()).getMissingBlobDigestsList());
    Set<SeededBlob> present = new HashSet<>(blobs);
    present.removeIf(blob -> missing.contains(Digests.toProto(blob.digest())));
    return present;
  }

  /** Sends small blobs at once; those that were taken. */
  List<SeededBlob> update(List<SeededBlob> blobs) {
    BatchUpdateBlobsRequest.Builder request = BatchUpdateBlobsRequest.newBuilder();
    blobs.forEach(blob ->
        request.addRequests(
            BatchUpdateBlobsRequest.Request.newBuilder()
                .setDigest(Digests.toProto(blob.digest()))
                .setData(blob.content())));
    BatchUpdateBlobsResponse response = storage().batchUpdateBlobs(request.build());
    List<SeededBlob> taken = new ArrayList<>();
    for (int i = 0; i < blobs.size(); i++) {
      if (response.getResponses(i).getStatus().getCode() == Code.OK_VALUE) {
        taken.add(blobs.get(i));
      }
    }
    return taken;
  }

  /** A blob's content, or nothing if the server says that it has no such blob. */
  Optional<ByteString> read(SeededBlob blob) {
    try {
      Iterator<ReadResponse> parts =
          bytes().read(ReadRequest.newBuilder().setResourceName("blobs/" + blob.digest()).build());
      List<ByteString> content = new ArrayList<>();
      parts.forEachRemaining(part -> content.add(part.getData()));
      return Optional.of(ByteString.copyFrom(content));
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() == Status.Code.NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** The committed size of an upload; nothing if the server knows nothing of it. */
  Optional<Long> committed(String upload) {
    try {
      return Optional.of(
          bytes()
              .queryWriteStatus(
                  QueryWriteStatusRequest.newBuilder().setResourceName(upload).build())
              .getCommittedSize());
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() == Status.Code.NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /**
   * Writes a part of a blob.
   *
   * @param end where this call stops; it finishes the blob if that is its size
   * @return the committed size that the server answers with
   */
  long write(String upload, SeededBlob blob, long offset, long end, int messageBytes) {
    CompletableFuture<WriteResponse> answer = new CompletableFuture<>();
    StreamObserver<WriteRequest> requests =
        ByteStreamGrpc.newStub(channel).withDeadlineAfter(LIMIT).write(completing(answer));
    ByteString content = blob.content();
    long position = offset;
    do {
      int length = (int) Math.min(messageBytes, end - position);
      requests.onNext(
          WriteRequest.newBuilder()
              .setResourceName(upload)
              .setWriteOffset(position)
              .setData(content.substring((int) position, (int) position + length))
              .setFinishWrite(position + length == blob.size())
              .build());
      position += length;
    } while (position < end && !answer.isDone());
    requests.onCompleted();
    try {
      return answer.orTimeout(LIMIT.toSeconds(), TimeUnit.SECONDS).join().getCommittedSize();
    } catch (CompletionException e) {
      throw e.getCause() instanceof StatusRuntimeException status ? status : e;
    }
  }

  private static StreamObserver<WriteResponse> completing(CompletableFuture<WriteResponse> answer) {
    return new StreamObserver<>() {
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
    };
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }
}
