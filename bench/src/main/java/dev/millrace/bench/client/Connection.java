package dev.millrace.bench.client;

import build.bazel.remote.execution.v2.ActionResult;
import build.bazel.remote.execution.v2.BatchReadBlobsRequest;
import build.bazel.remote.execution.v2.BatchReadBlobsResponse;
import build.bazel.remote.execution.v2.BatchUpdateBlobsResponse;
import build.bazel.remote.execution.v2.CapabilitiesGrpc;
import build.bazel.remote.execution.v2.Digest;
import build.bazel.remote.execution.v2.ExecuteRequest;
import build.bazel.remote.execution.v2.FindMissingBlobsRequest;
import build.bazel.remote.execution.v2.FindMissingBlobsResponse;
import build.bazel.remote.execution.v2.GetActionResultRequest;
import build.bazel.remote.execution.v2.GetCapabilitiesRequest;
import build.bazel.remote.execution.v2.UpdateActionResultRequest;
import com.google.bytestream.ReadRequest;
import io.grpc.CallOptions;
import io.grpc.ClientInterceptor;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * One connection to an endpoint. Calls are asynchronous and end on the connection's own thread; a
 * future fails when the call does, or when the answer is not the one that was to be expected.
 */
public final class Connection implements AutoCloseable {

  private static final int MAX_MESSAGE_BYTES = 64 * 1024 * 1024;
  private static final Duration PATIENCE = Duration.ofSeconds(120);
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  private final Endpoint endpoint;
  private final ManagedChannel channel;

  private Connection(Endpoint endpoint, ManagedChannel channel) {
    this.endpoint = endpoint;
    this.channel = channel;
  }

  /**
   * Connects, and asks for the endpoint's capabilities to see that it serves us.
   *
   * @throws EndpointException if it does not
   */
  public static Connection open(Endpoint endpoint) {
    ManagedChannel channel =
        NettyChannelBuilder.forAddress(endpoint.host(), endpoint.port())
            .usePlaintext()
            .directExecutor()
            .maxInboundMessageSize(MAX_MESSAGE_BYTES)
            .intercept(authorization(endpoint.token()))
            .build();
    Connection connection = new Connection(endpoint, channel);
    try {
      connection.check();
    } catch (RuntimeException e) {
      connection.close();
      throw e;
    }
    return connection;
  }

  private static ClientInterceptor authorization(String token) {
    Metadata headers = new Metadata();
    if (!token.isEmpty()) {
      headers.put(AUTHORIZATION, "Bearer " + token);
    }
    return MetadataUtils.newAttachHeadersInterceptor(headers);
  }

  private void check() {
    GetCapabilitiesRequest request =
        GetCapabilitiesRequest.newBuilder().setInstanceName(endpoint.instance()).build();
    try {
      var unused =
          CapabilitiesGrpc.newBlockingStub(channel)
              .withDeadlineAfter(Duration.ofSeconds(10))
              .getCapabilities(request);
    } catch (StatusRuntimeException e) {
      throw new EndpointException(problem(e.getStatus()), e);
    }
  }

  private String problem(Status status) {
    String what =
        switch (status.getCode()) {
          case UNAVAILABLE, DEADLINE_EXCEEDED -> "nobody answers at " + endpoint.name();
          case UNAUTHENTICATED, PERMISSION_DENIED ->
              endpoint.name()
                  + " refuses "
                  + (endpoint.token().isEmpty() ? "calls without --token" : "the token");
          case INVALID_ARGUMENT, NOT_FOUND ->
              endpoint.name() + " refuses the instance '" + endpoint.instance() + "'";
          case UNIMPLEMENTED -> endpoint.name() + " is no REAPI endpoint";
          default -> endpoint.name() + " fails";
        };
    return what + ": " + status.getCode() + " " + status.getDescription();
  }

  public Endpoint endpoint() {
    return endpoint;
  }

  /** Asks which of some digests are missing; see {@link #findMissing(Payload, int)}. */
  public Payload findMissingRequest(List<Digest> digests) {
    return Payload.of(
        FindMissingBlobsRequest.newBuilder()
            .setInstanceName(endpoint.instance())
            .addAllBlobDigests(digests)
            .build()
            .toByteArray());
  }

  /** The number of bytes that went over the wire for the request. */
  public CompletableFuture<Long> findMissing(Payload request, int expectedMissing) {
    return unary(RawMethods.FIND_MISSING, request)
        .thenApply(answer ->
            expect(
                "digests reported missing",
                expectedMissing,
                Answers.count(answer, FindMissingBlobsResponse.MISSING_BLOB_DIGESTS_FIELD_NUMBER),
                request.size()));
  }

  public CompletableFuture<Long> batchUpdate(List<Blob> blobs) {
    Payload request = Messages.batchUpdate(endpoint.instance(), blobs);
    return unary(RawMethods.BATCH_UPDATE, request)
        .thenApply(answer ->
            expect(
                "blobs stored by a batch",
                blobs.size(),
                Answers.countOk(
                    answer,
                    BatchUpdateBlobsResponse.RESPONSES_FIELD_NUMBER,
                    BatchUpdateBlobsResponse.Response.STATUS_FIELD_NUMBER),
                request.size()));
  }

  public Payload batchReadRequest(List<Blob> blobs) {
    return Payload.of(
        BatchReadBlobsRequest.newBuilder()
            .setInstanceName(endpoint.instance())
            .addAllDigests(blobs.stream().map(Blob::digest).toList())
            .build()
            .toByteArray());
  }

  public CompletableFuture<Long> batchRead(Payload request, int blobs) {
    return unary(RawMethods.BATCH_READ, request)
        .thenApply(answer ->
            expect(
                "blobs read by a batch",
                blobs,
                Answers.countOk(
                    answer,
                    BatchReadBlobsResponse.RESPONSES_FIELD_NUMBER,
                    BatchReadBlobsResponse.Response.STATUS_FIELD_NUMBER),
                answer.length));
  }

  public Payload actionResultRequest(Digest action) {
    return Payload.of(
        GetActionResultRequest.newBuilder()
            .setInstanceName(endpoint.instance())
            .setActionDigest(action)
            .build()
            .toByteArray());
  }

  /** A hit with so many output files. */
  public CompletableFuture<Long> actionResult(Payload request, int outputs) {
    return unary(RawMethods.GET_ACTION_RESULT, request)
        .thenApply(answer ->
            expect(
                "output files of a result",
                outputs,
                Answers.count(answer, ActionResult.OUTPUT_FILES_FIELD_NUMBER),
                answer.length));
  }

  /** Asks for a result that is not there. */
  public CompletableFuture<Long> absentActionResult(Payload request) {
    return unary(RawMethods.GET_ACTION_RESULT, request)
        .handle((answer, failure) -> {
          if (failure == null) {
            throw new EndpointException("there is a result that nobody stored");
          }
          if (Status.fromThrowable(failure).getCode() != Status.Code.NOT_FOUND) {
            throw new EndpointException("a result could not be looked up", failure);
          }
          return (long) request.size();
        });
  }

  public CompletableFuture<Long> updateActionResult(Digest action, ActionResult result) {
    Payload request =
        Payload.of(
            UpdateActionResultRequest.newBuilder()
                .setInstanceName(endpoint.instance())
                .setActionDigest(action)
                .setActionResult(result)
                .build()
                .toByteArray());
    return unary(RawMethods.UPDATE_ACTION_RESULT, request)
        .thenApply(answer -> (long) request.size());
  }

  /** Reads a blob as a stream, and checks its size. */
  public CompletableFuture<Long> read(Blob blob) {
    String name = endpoint.resourcePrefix() + "blobs/" + blob.hash() + "/" + blob.size();
    Payload request =
        Payload.of(ReadRequest.newBuilder().setResourceName(name).build().toByteArray());
    return ReadCall.start(channel.newCall(RawMethods.READ, options()), request)
        .thenApply(read -> expect("bytes read of blob " + blob.hash(), blob.size(), read, read));
  }

  /** Writes a blob as a stream, which must not be there yet. */
  public CompletableFuture<Long> write(Blob blob) {
    String name =
        "%suploads/%s/blobs/%s/%d"
            .formatted(endpoint.resourcePrefix(), UUID.randomUUID(), blob.hash(), blob.size());
    return WriteCall.start(channel.newCall(RawMethods.WRITE, options()), name, blob);
  }

  /** Asks for an action to be run, even if its result is known. */
  public ExecuteRequest executeRequest(Digest action) {
    return ExecuteRequest.newBuilder()
        .setInstanceName(endpoint.instance())
        .setActionDigest(action)
        .setSkipCacheLookup(true)
        .build();
  }

  /** Has an action run to its end. */
  public CompletableFuture<Long> execute(ExecuteRequest request) {
    return ExecuteCall.start(channel, options(), request);
  }

  /** Has an action queued that nobody waits for. */
  public CompletableFuture<Long> queue(ExecuteRequest request) {
    return QueueCall.start(channel, request);
  }

  /** Another connection to the same endpoint. */
  public Connection another() {
    return open(endpoint);
  }

  /** Bots that have a pool for themselves. */
  public Bots openBots(String pool, int count, int capacity) {
    return new Bots(channel, endpoint.instance(), pool, count, capacity);
  }

  /** A bot that has a pool for itself, and never asks for anything. */
  public void openSilentBot(String pool) {
    Bots.openSilent(channel, endpoint.instance(), pool);
  }

  private CompletableFuture<byte[]> unary(
      MethodDescriptor<Payload, byte[]> method, Payload request) {
    return UnaryCall.start(channel.newCall(method, options()), request);
  }

  private static CallOptions options() {
    return CallOptions.DEFAULT.withDeadlineAfter(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
  }

  private static long expect(String what, long expected, long actual, long bytes) {
    if (actual != expected) {
      throw new EndpointException("%s: %d instead of %d".formatted(what, actual, expected));
    }
    return bytes;
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }
}
