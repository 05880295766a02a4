package dev.millrace.bench;

import build.bazel.remote.execution.v2.ActionCacheGrpc;
import build.bazel.remote.execution.v2.ActionResult;
import build.bazel.remote.execution.v2.BatchReadBlobsRequest;
import build.bazel.remote.execution.v2.BatchReadBlobsResponse;
import build.bazel.remote.execution.v2.BatchUpdateBlobsRequest;
import build.bazel.remote.execution.v2.BatchUpdateBlobsResponse;
import build.bazel.remote.execution.v2.CapabilitiesGrpc;
import build.bazel.remote.execution.v2.ContentAddressableStorageGrpc;
import build.bazel.remote.execution.v2.Digest;
import build.bazel.remote.execution.v2.FindMissingBlobsRequest;
import build.bazel.remote.execution.v2.FindMissingBlobsResponse;
import build.bazel.remote.execution.v2.GetActionResultRequest;
import build.bazel.remote.execution.v2.GetCapabilitiesRequest;
import build.bazel.remote.execution.v2.ServerCapabilities;
import build.bazel.remote.execution.v2.UpdateActionResultRequest;
import com.google.bytestream.ByteStreamGrpc;
import com.google.bytestream.ReadRequest;
import com.google.bytestream.ReadResponse;
import com.google.bytestream.WriteRequest;
import com.google.bytestream.WriteResponse;
import com.google.protobuf.ByteString;
import com.google.rpc.Code;
import com.google.rpc.Status;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A whole endpoint on the heap, strict about hashes and instance names, that can be told to fail.
 */
final class MemoryEndpoint implements AutoCloseable {

  final Map<Digest, ByteString> blobs = new ConcurrentHashMap<>();
  final Map<Digest, ActionResult> results = new ConcurrentHashMap<>();
  final Set<String> methodsCalled = ConcurrentHashMap.newKeySet();

  /** Calls of FindMissingBlobs that still succeed. */
  final AtomicInteger findMissingLeft = new AtomicInteger(Integer.MAX_VALUE);

  private final String instance;
  private final Server server;

  MemoryEndpoint(String instance, String token) {
    this.instance = instance;
    try {
      server =
          NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
              .directExecutor()
              .addService(new Cas())
              .addService(new Bytes())
              .addService(new Results())
              .addService(new Capabilities())
              .intercept(new Token(token))
              .build()
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  String address() {
    return "127.0.0.1:" + server.getPort();
  }

  @Override
  public void close() {
    server.shutdownNow();
  }

  private void check(String name) {
    if (!name.equals(instance)) {
      throw io.grpc.Status.INVALID_ARGUMENT
          .withDescription("instance " + name)
          .asRuntimeException();
    }
  }

  private static boolean matches(Digest digest, ByteString data) {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(data.toByteArray());
      return HexFormat.of().formatHex(hash).equals(digest.getHash())
          && data.size() == digest.getSizeBytes();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static <T> void answer(StreamObserver<T> responses, T answer) {
    responses.onNext(answer);
    responses.onCompleted();
  }

  private final class Capabilities extends CapabilitiesGrpc.CapabilitiesImplBase {
    @Override
    public void getCapabilities(
        GetCapabilitiesRequest request, StreamObserver<ServerCapabilities> responses) {
      if (request.getInstanceName().equals(instance)) {
        answer(responses, ServerCapabilities.getDefaultInstance());
      } else {
        responses.onError(
            io.grpc.Status.INVALID_ARGUMENT.withDescription("no such").asRuntimeException());
      }
    }
  }

  private final class Cas extends ContentAddressableStorageGrpc.ContentAddressableStorageImplBase {
    @Override
    public void findMissingBlobs(
        FindMissingBlobsRequest request, StreamObserver<FindMissingBlobsResponse> responses) {
      check(request.getInstanceName());
      if (findMissingLeft.getAndDecrement() <= 0) {
        responses.onError(
            io.grpc.Status.RESOURCE_EXHAUSTED.withDescription("too much").asRuntimeException());
        return;
      }
      answer(
          responses,
          FindMissingBlobsResponse.newBuilder()
              .addAllMissingBlobDigests(
                  request.getBlobDigestsList().stream()
                      .filter(digest -> !blobs.containsKey(digest))
                      .toList())
              .build());
    }

    @Override
    public void batchUpdateBlobs(
        BatchUpdateBlobsRequest request, StreamObserver<BatchUpdateBlobsResponse> responses) {
      check(request.getInstanceName());
      BatchUpdateBlobsResponse.Builder answer = BatchUpdateBlobsResponse.newBuilder();
      for (BatchUpdateBlobsRequest.Request item : request.getRequestsList()) {
        boolean good =
            matches(item.getDigest(), item.getData())
                && blobs.putIfAbsent(item.getDigest(), item.getData()) == null;
        answer
            .addResponsesBuilder()
            .setDigest(item.getDigest())
            .setStatus(
                Status.newBuilder().setCode(good ? Code.OK_VALUE : Code.INVALID_ARGUMENT_VALUE));
      }
      answer(responses, answer.build());
    }

    @Override
    public void batchReadBlobs(
        BatchReadBlobsRequest request, StreamObserver<BatchReadBlobsResponse> responses) {
      check(request.getInstanceName());
      BatchReadBlobsResponse.Builder answer = BatchReadBlobsResponse.newBuilder();
      for (Digest digest : request.getDigestsList()) {
        answer
            .addResponsesBuilder()
            .setDigest(digest)
            .setData(blobs.get(digest))
            .setStatus(Status.getDefaultInstance());
      }
      answer(responses, answer.build());
    }
  }

  private final class Results extends ActionCacheGrpc.ActionCacheImplBase {
    @Override
    public void getActionResult(
        GetActionResultRequest request, StreamObserver<ActionResult> responses) {
      check(request.getInstanceName());
      ActionResult result = results.get(request.getActionDigest());
      if (result == null) {
        responses.onError(io.grpc.Status.NOT_FOUND.asRuntimeException());
      } else {
        answer(responses, result);
      }
    }

    @Override
    public void updateActionResult(
        UpdateActionResultRequest request, StreamObserver<ActionResult> responses) {
      check(request.getInstanceName());
      boolean complete =
          request.getActionResult().getOutputFilesList().stream()
              .allMatch(file -> blobs.containsKey(file.getDigest()));
      if (!complete) {
        responses.onError(io.grpc.Status.FAILED_PRECONDITION.asRuntimeException());
        return;
      }
      results.put(request.getActionDigest(), request.getActionResult());
      answer(responses, request.getActionResult());
    }
  }

  private final class Bytes extends ByteStreamGrpc.ByteStreamImplBase {
    @Override
    public void read(ReadRequest request, StreamObserver<ReadResponse> responses) {
      ByteString blob = blobs.get(digest(request.getResourceName(), "blobs/"));
      for (int at = 0; at < blob.size(); at += 10_000) {
        responses.onNext(
            ReadResponse.newBuilder()
                .setData(blob.substring(at, Math.min(at + 10_000, blob.size())))
                .build());
      }
      responses.onCompleted();
    }

    @Override
    public StreamObserver<WriteRequest> write(StreamObserver<WriteResponse> responses) {
      return new StreamObserver<>() {
        private String name = "";
        private ByteString data = ByteString.EMPTY;
        private boolean finished;

        @Override
        public void onNext(WriteRequest request) {
          name = name.isEmpty() ? request.getResourceName() : name;
          if (request.getWriteOffset() == data.size()) {
            data = data.concat(request.getData());
          }
          finished = request.getFinishWrite();
        }

        @Override
        public void onError(Throwable cancelled) {}

        @Override
        public void onCompleted() {
          Digest digest = digest(name, "uploads/");
          if (!finished || !matches(digest, data) || blobs.putIfAbsent(digest, data) != null) {
            responses.onError(io.grpc.Status.INVALID_ARGUMENT.asRuntimeException());
          } else {
            answer(responses, WriteResponse.newBuilder().setCommittedSize(data.size()).build());
          }
        }
      };
    }

    private Digest digest(String name, String kind) {
      if (!name.startsWith(instance.isEmpty() ? kind : instance + "/" + kind)) {
        throw io.grpc.Status.INVALID_ARGUMENT.withDescription(name).asRuntimeException();
      }
      String[] segments = name.split("/");
      return Digest.newBuilder()
          .setHash(segments[segments.length - 2])
          .setSizeBytes(Long.parseLong(segments[segments.length - 1]))
          .build();
    }
  }

  private final class Token implements ServerInterceptor {
    private final String token;

    Token(String token) {
      this.token = token;
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      methodsCalled.add(call.getMethodDescriptor().getBareMethodName());
      String sent = headers.get(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER));
      if (!token.isEmpty() && !("Bearer " + token).equals(sent)) {
        call.close(io.grpc.Status.UNAUTHENTICATED, new Metadata());
        return new ServerCall.Listener<>() {};
      }
      return next.startCall(call, headers);
    }
  }
}
