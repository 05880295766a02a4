package dev.millrace.blobstore.remote;

import build.bazel.remote.execution.v2.BatchReadBlobsRequest;
import build.bazel.remote.execution.v2.BatchReadBlobsResponse;
import build.bazel.remote.execution.v2.BatchUpdateBlobsRequest;
import build.bazel.remote.execution.v2.BatchUpdateBlobsResponse;
import build.bazel.remote.execution.v2.ContentAddressableStorageGrpc;
import build.bazel.remote.execution.v2.FindMissingBlobsRequest;
import build.bazel.remote.execution.v2.FindMissingBlobsResponse;
import com.google.bytestream.ByteStreamGrpc;
import com.google.bytestream.ReadRequest;
import com.google.bytestream.ReadResponse;
import com.google.bytestream.WriteRequest;
import com.google.bytestream.WriteResponse;
import com.google.protobuf.ByteString;
import com.google.rpc.Code;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.BlobWriter;
import dev.millrace.blobstore.Blobs;
import dev.millrace.blobstore.memory.MemoryBlobStore;
import dev.millrace.blobstore.verifying.VerifyingBlobStore;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.digest.wire.Digests;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import dev.millrace.resourcename.ResourceName;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The other end of a channel: keeps blobs on the heap, writes down what it is asked, and fails as
 * it is told to.
 */
final class ScriptedCas implements AutoCloseable {

  final BlobStore blobs = new VerifyingBlobStore(new MemoryBlobStore());

  /** Calls to come that are refused, each with the next of these. */
  final Queue<Status> refusals = new ConcurrentLinkedQueue<>();

  /** Every message that has come in. */
  final List<Object> requests = new CopyOnWriteArrayList<>();

  /** Messages that a Read puts out before it breaks off with UNAVAILABLE; none breaks at 0. */
  final AtomicInteger breakReadsAfter = new AtomicInteger();

  /** Messages that Reads have put out. */
  final AtomicInteger messagesRead = new AtomicInteger();

  /** How a Read ends. */
  volatile Status lastWord = Status.OK;

  /** Whether a Write is answered on its first message. */
  volatile boolean answersWritesAtOnce;

  /** Whether calls are left without an answer. */
  volatile boolean silent;

  /** What to say about items of batches. */
  volatile Code itemCode = Code.OK;

  private final Server server;
  final ManagedChannel channel;

  ScriptedCas() {
    String name = InProcessServerBuilder.generateName();
    try {
      server =
          InProcessServerBuilder.forName(name)
              .addService(new Cas())
              .addService(new Streams())
              .maxInboundMessageSize(4 * 1024 * 1024)
              .build()
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    channel = InProcessChannelBuilder.forName(name).build();
  }

  @Override
  public void close() {
    channel.shutdownNow();
    server.shutdownNow();
  }

  <T> List<T> requests(Class<T> type) {
    return requests.stream().filter(type::isInstance).map(type::cast).toList();
  }

  private boolean refuses(Object request, StreamObserver<?> answer) {
    requests.add(request);
    if (silent) {
      return true;
    }
    Status refusal = refusals.poll();
    if (refusal != null) {
      answer.onError(refusal.asException());
    }
    return refusal != null;
  }

  private static Status statusOf(Failure failure) {
    return switch (failure) {
      case Failure.BlobAbsent _ -> Status.NOT_FOUND;
      case Failure.ContentMismatch _ -> Status.INVALID_ARGUMENT;
      default -> Status.INTERNAL;
    };
  }

  private final class Cas extends ContentAddressableStorageGrpc.ContentAddressableStorageImplBase {

    @Override
    public void findMissingBlobs(
        FindMissingBlobsRequest request, StreamObserver<FindMissingBlobsResponse> answer) {
      if (refuses(request, answer)) {
        return;
      }
      DigestFunction function = function(request.getDigestFunctionValue());
      FindMissingBlobsResponse.Builder response = FindMissingBlobsResponse.newBuilder();
      for (Digest digest :
          Digests.fromProto(request.getBlobDigestsList(), function, "blob_digests")) {
        blobs
            .findMissing(new InstanceName(request.getInstanceName()), java.util.Set.of(digest))
            .forEach(missing -> response.addMissingBlobDigests(Digests.toProto(missing)));
      }
      answer.onNext(response.build());
      answer.onCompleted();
    }

    @Override
    public void batchReadBlobs(
        BatchReadBlobsRequest request, StreamObserver<BatchReadBlobsResponse> answer) {
      if (refuses(request, answer)) {
        return;
      }
      BatchReadBlobsResponse.Builder response = BatchReadBlobsResponse.newBuilder();
      for (Digest digest :
          Digests.fromProto(
              request.getDigestsList(), function(request.getDigestFunctionValue()), "digests")) {
        var item = response.addResponsesBuilder().setDigest(Digests.toProto(digest));
        try {
          item.setData(
              Blobs.read(
                  blobs, new InstanceName(request.getInstanceName()), digest, 4 * 1024 * 1024));
          item.getStatusBuilder().setCode(itemCode.getNumber());
        } catch (Failure failure) {
          item.getStatusBuilder().setCode(statusOf(failure).getCode().value());
        }
      }
      answer.onNext(response.build());
      answer.onCompleted();
    }

    @Override
    public void batchUpdateBlobs(
        BatchUpdateBlobsRequest request, StreamObserver<BatchUpdateBlobsResponse> answer) {
      if (refuses(request, answer)) {
        return;
      }
      BatchUpdateBlobsResponse.Builder response = BatchUpdateBlobsResponse.newBuilder();
      for (BatchUpdateBlobsRequest.Request blob : request.getRequestsList()) {
        var item = response.addResponsesBuilder().setDigest(blob.getDigest());
        item.getStatusBuilder().setCode(itemCode.getNumber());
        try {
          Blobs.write(
              blobs,
              new InstanceName(request.getInstanceName()),
              Digests.fromProto(
                  blob.getDigest(), function(request.getDigestFunctionValue()), "digest"),
              blob.getData());
        } catch (Failure failure) {
          item.getStatusBuilder().setCode(statusOf(failure).getCode().value());
        }
      }
      answer.onNext(response.build());
      answer.onCompleted();
    }

    private DigestFunction function(int number) {
      return DigestFunction.ofNumber(number).orElseThrow();
    }
  }

  private final class Streams extends ByteStreamGrpc.ByteStreamImplBase {

    @Override
    public void read(ReadRequest request, StreamObserver<ReadResponse> answer) {
      if (refuses(request, answer)) {
        return;
      }
      ResourceName.Blob name = (ResourceName.Blob) ResourceName.parse(request.getResourceName());
      ByteString rest;
      try {
        rest =
            Blobs.read(blobs, name.instance(), name.digest(), Integer.MAX_VALUE)
                .substring((int) request.getReadOffset());
      } catch (Failure failure) {
        answer.onError(statusOf(failure).asException());
        return;
      }
      new Sending(rest, (ServerCallStreamObserver<ReadResponse>) answer).start();
    }

    @Override
    public StreamObserver<WriteRequest> write(StreamObserver<WriteResponse> answer) {
      return new Receiving(answer);
    }
  }

  /** Puts out a blob as fast as it is taken. */
  private final class Sending {
    private ByteString rest;
    private int sent;
    private boolean done;
    private final ServerCallStreamObserver<ReadResponse> answer;

    Sending(ByteString rest, ServerCallStreamObserver<ReadResponse> answer) {
      this.rest = rest;
      this.answer = answer;
    }

    void start() {
      answer.setOnReadyHandler(this::proceed);
      proceed();
    }

    private synchronized void proceed() {
      while (!done && answer.isReady()) {
        if (sent > 0 && sent == breakReadsAfter.get()) {
          done = true;
          answer.onError(Status.UNAVAILABLE.asException());
        } else if (rest.isEmpty()) {
          done = true;
          if (lastWord.isOk()) {
            answer.onCompleted();
          } else {
            answer.onError(lastWord.asException());
          }
        } else {
          int length = Math.min(64 * 1024, rest.size());
          sent++;
          messagesRead.incrementAndGet();
          answer.onNext(ReadResponse.newBuilder().setData(rest.substring(0, length)).build());
          rest = rest.substring(length);
        }
      }
    }
  }

  private final class Receiving implements StreamObserver<WriteRequest> {
    private final StreamObserver<WriteResponse> answer;
    private ResourceName.Upload name;
    private BlobWriter writer;
    private boolean done;

    Receiving(StreamObserver<WriteResponse> answer) {
      this.answer = answer;
    }

    @Override
    public void onNext(WriteRequest request) {
      if (done) {
        return;
      }
      if (refuses(request, answer)) {
        done = true;
        return;
      }
      try {
        if (writer == null) {
          name = (ResourceName.Upload) ResourceName.parse(request.getResourceName());
          writer = blobs.create(name.instance(), name.digest());
        }
        if (request.getWriteOffset() != writer.written()) {
          throw new IllegalStateException("a gap at " + request.getWriteOffset());
        }
        if (answersWritesAtOnce) {
          complete(name.digest().sizeBytes());
          return;
        }
        writer.write(request.getData().asReadOnlyByteBuffer());
        if (request.getFinishWrite()) {
          writer.commit();
          complete(writer.written());
        }
      } catch (Failure failure) {
        done = true;
        answer.onError(statusOf(failure).asException());
      }
    }

    private void complete(long size) {
      done = true;
      answer.onNext(WriteResponse.newBuilder().setCommittedSize(size).build());
      answer.onCompleted();
    }

    @Override
    public void onError(Throwable cancelled) {
      done = true;
    }

    @Override
    public void onCompleted() {
      if (!done) {
        answer.onError(Status.INVALID_ARGUMENT.asException());
      }
    }
  }
}
