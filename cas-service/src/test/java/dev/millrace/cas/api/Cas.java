package dev.millrace.cas.api;

import static org.assertj.core.api.Assertions.assertThat;

import build.bazel.remote.execution.v2.CapabilitiesGrpc;
import build.bazel.remote.execution.v2.ContentAddressableStorageGrpc;
import com.google.bytestream.ByteStreamGrpc;
import com.google.bytestream.QueryWriteStatusRequest;
import com.google.bytestream.QueryWriteStatusResponse;
import com.google.bytestream.ReadRequest;
import com.google.bytestream.ReadResponse;
import com.google.protobuf.ByteString;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.Blobs;
import dev.millrace.blobstore.empty.EmptyProvidingBlobStore;
import dev.millrace.blobstore.inheriting.InheritingBlobStore;
import dev.millrace.cas.backend.Backend;
import dev.millrace.cas.backend.MemoryBackend;
import dev.millrace.cas.chunking.BlobSplicer;
import dev.millrace.cas.chunking.BlobSplitter;
import dev.millrace.cas.chunking.BoundedSplitMemory;
import dev.millrace.cas.chunking.Chunkings;
import dev.millrace.cas.chunking.SplitMemory;
import dev.millrace.cas.upload.GatheringRoom;
import dev.millrace.cas.upload.ResumableUploads;
import dev.millrace.cas.upload.UploadPlaces;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.grpc.bytestream.ByteStreamGrpcService;
import dev.millrace.grpc.capabilities.CapabilitiesGrpcService;
import dev.millrace.grpc.error.ErrorMappingInterceptor;
import dev.millrace.grpc.error.FailureStatuses;
import dev.millrace.grpc.request.DigestFunctionPolicy;
import dev.millrace.grpc.request.InstancePolicy;
import dev.millrace.grpc.request.RequestOriginInterceptor;
import dev.millrace.instance.InstanceName;
import dev.millrace.testing.ManualClock;
import dev.millrace.testing.StatusConformance;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.UnaryOperator;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/**
 * The service as a client sees it, over a back end of the test's choice, with the edge that it has
 * for real.
 */
final class Cas implements AutoCloseable {

  static final long MAX_BATCH = 1024 * 1024;
  static final InstanceName INSTANCE = new InstanceName("team/project");

  final StatusConformance conformance = new StatusConformance();
  final ManualClock clock;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Backend backend;
  private final InstancePolicy instances;
  private final DigestFunctionPolicy functions;
  private final long maxBatchBytes;
  private final UnaryOperator<BlobStore> storeDecoration;

  private long room = 64 << 20;

  CountingBlobStore store;
  ResumableUploads uploads;
  GatheringRoom gathering;
  ManagedChannel channel;
  private Server server;

  Cas() {
    this(new MemoryBackend());
  }

  /**
   * @param backend closed with this
   */
  Cas(Backend backend) {
    this(backend, InstancePolicy.any(), DigestFunctionPolicy.DEFAULT, MAX_BATCH, store -> store);
  }

  Cas(Backend backend, DigestFunctionPolicy functions) {
    this(backend, InstancePolicy.any(), functions, MAX_BATCH, store -> store);
  }

  Cas(Backend backend, InstancePolicy instances) {
    this(backend, instances, DigestFunctionPolicy.DEFAULT, MAX_BATCH, store -> store);
  }

  Cas(
      DigestFunctionPolicy functions,
      long maxBatchBytes,
      UnaryOperator<BlobStore> storeDecoration) {
    this(new MemoryBackend(), InstancePolicy.any(), functions, maxBatchBytes, storeDecoration);
  }

  private Cas(
      Backend backend,
      InstancePolicy instances,
      DigestFunctionPolicy functions,
      long maxBatchBytes,
      UnaryOperator<BlobStore> storeDecoration) {
    this.backend = backend;
    this.instances = instances;
    this.clock = backend.clock();
    this.functions = functions;
    this.maxBatchBytes = maxBatchBytes;
    this.storeDecoration = storeDecoration;
    start();
  }

  private void start() {
    store =
        new CountingBlobStore(
            new EmptyProvidingBlobStore(
                new InheritingBlobStore(storeDecoration.apply(backend.store()))));
    gathering = new GatheringRoom(room);
    uploads =
        new ResumableUploads(
            new UploadPlaces(store, backend.staging(), gathering), clock, 3, Duration.ofDays(1));
    FailureStatuses statuses = new FailureStatuses(() -> "incident-1");
    CodecSlots codecs = new CodecSlots(10, Duration.ofMillis(10));
    String name = UUID.randomUUID().toString();
    try {
      server =
          InProcessServerBuilder.forName(name)
              .executor(threads)
              .addService(
                  new ContentAddressableStorageGrpcService(
                      new RequestChecks(instances, functions),
                      store,
                      new BlobBatches(store, statuses, codecs, maxBatchBytes),
                      chunkCalls(new RequestChecks(instances, functions), store)))
              .addService(
                  new ByteStreamGrpcService(
                      instances,
                      List.of(new BlobByteStreamHandler(functions, store, uploads, codecs))))
              .addService(
                  new CapabilitiesGrpcService(
                      instances,
                      List.of(
                          new CasCapabilities(functions, maxBatchBytes),
                          new ChunkingCapabilities(Chunkings.DEFAULT))))
              .intercept(new ErrorMappingInterceptor(statuses))
              .intercept(new RequestOriginInterceptor())
              .intercept(conformance)
              .build()
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    channel = InProcessChannelBuilder.forName(name).executor(threads).build();
  }

  /** Starts the service again with so much room for uploads to be gathered in. */
  void restartWithRoom(long bytes) {
    room = bytes;
    restart();
  }

  /** Ends the service in good order, as a new version would make it, and starts it again. */
  void restart() {
    uploads.close();
    stop();
    backend.restart();
    start();
  }

  /** Starts the service again with what is there now, as if its process had been killed. */
  void crash() {
    Server killed = server;
    ManagedChannel lost = channel;
    backend.crash();
    lost.shutdownNow();
    killed.shutdownNow();
    start();
  }

  /** How many bytes of an upload a crash leaves. */
  long survives(long size, long sent) {
    boolean gathered = room > 0 && size <= backend.staging().gatheringLimit();
    return gathered ? 0 : backend.survives(size, sent);
  }

  /** Another process of the service on the same storage, closed before this one. */
  Cas replica() {
    return new Cas(backend.replica());
  }

  /** Lets so much happen that blobs nobody uses are collected. */
  void outlive(Runnable use) {
    backend.outlive(use);
  }

  /** Damages a byte of what is kept of uploads. */
  void damageStaged() {
    backend.damageStaged();
  }

  private void stop() {
    channel.shutdownNow();
    try {
      server.shutdownNow().awaitTermination();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  ContentAddressableStorageGrpc.ContentAddressableStorageBlockingStub storage() {
    return ContentAddressableStorageGrpc.newBlockingStub(channel);
  }

  CapabilitiesGrpc.CapabilitiesBlockingStub capabilities() {
    return CapabilitiesGrpc.newBlockingStub(channel);
  }

  ByteStreamGrpc.ByteStreamBlockingStub bytes() {
    return ByteStreamGrpc.newBlockingStub(channel).withDeadlineAfter(Duration.ofSeconds(30));
  }

  private static ChunkCalls chunkCalls(RequestChecks checks, BlobStore store) {
    SplitMemory memory = new BoundedSplitMemory(1000);
    return new ChunkCalls(
        checks,
        new BlobSplitter(store, memory, Chunkings.DEFAULT, 2, Duration.ofSeconds(10)),
        new BlobSplicer(store, memory));
  }

  /** Begins a Write call. */
  WriteClient write() {
    return new WriteClient(ByteStreamGrpc.newStub(channel));
  }

  QueryWriteStatusResponse query(String name) {
    return bytes()
        .queryWriteStatus(QueryWriteStatusRequest.newBuilder().setResourceName(name).build());
  }

  ByteString read(String name, long offset, long limit) {
    return join(
        bytes()
            .read(
                ReadRequest.newBuilder()
                    .setResourceName(name)
                    .setReadOffset(offset)
                    .setReadLimit(limit)
                    .build()));
  }

  static ByteString join(Iterator<ReadResponse> parts) {
    ByteString whole = ByteString.EMPTY;
    while (parts.hasNext()) {
      whole = whole.concat(parts.next().getData());
    }
    return whole;
  }

  Digest put(ByteString blob) {
    return Blobs.write(store, INSTANCE, DigestFunction.SHA256, blob);
  }

  /** Loses a blob, as collection may. */
  void drop(Digest digest) {
    backend.drop(INSTANCE, digest);
  }

  boolean has(Digest digest) {
    return store.findMissing(INSTANCE, Set.of(digest)).isEmpty();
  }

  static String blob(Digest digest) {
    return INSTANCE.prefix() + "blobs/" + digest;
  }

  static String upload(Digest digest) {
    return INSTANCE.prefix() + "uploads/" + UUID.randomUUID() + "/blobs/" + digest;
  }

  static Digest digest(ByteString blob) {
    return DigestFunction.SHA256.digestOf(blob.toByteArray());
  }

  static void fails(Status.Code code, ThrowingCallable call) {
    org.assertj.core.api.Assertions.assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).as("%s", e.getStatus()).isEqualTo(code));
  }

  /** Waits for something that another thread brings about. */
  static void await(java.util.function.BooleanSupplier condition) {
    org.awaitility.Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(5))
        // What is asked for may not be known yet.
        .ignoreExceptionsInstanceOf(StatusRuntimeException.class)
        .until(condition::getAsBoolean);
  }

  /** Ends the server, and checks that it answered as agreed and kept nothing open. */
  @Override
  public void close() throws InterruptedException {
    stop();
    threads.close();
    uploads.close();
    assertThat(conformance.violations()).isEmpty();
    assertThat(gathering.free()).as("room that was given back").isEqualTo(room);
    // A stream's own thread may be about to close what it read from.
    await(() -> store.readers.get() == 0);
    assertThat(store.writers).as("open writers").hasValue(0);
    backend.close();
  }
}
