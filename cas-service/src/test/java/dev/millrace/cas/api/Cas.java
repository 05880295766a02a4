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
import dev.millrace.blobstore.memory.MemoryBlobStore;
import dev.millrace.blobstore.verifying.VerifyingBlobStore;
import dev.millrace.cas.chunking.BlobSplicer;
import dev.millrace.cas.chunking.BlobSplitter;
import dev.millrace.cas.chunking.BoundedSplitMemory;
import dev.millrace.cas.chunking.Chunkings;
import dev.millrace.cas.chunking.SplitMemory;
import dev.millrace.cas.upload.ResumableUploads;
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
 * The service as a client sees it, over a store on the heap, with the edge that it has for real.
 */
final class Cas implements AutoCloseable {

  static final long MAX_BATCH = 1024 * 1024;
  static final InstanceName INSTANCE = new InstanceName("team/project");

  final MemoryBlobStore memory = new MemoryBlobStore();
  final CountingBlobStore store;
  final ManualClock clock = ManualClock.standing();
  final ResumableUploads uploads;
  final StatusConformance conformance = new StatusConformance();
  final ManagedChannel channel;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Server server;

  Cas() {
    this(DigestFunctionPolicy.DEFAULT, MAX_BATCH, store -> store);
  }

  Cas(
      DigestFunctionPolicy functions,
      long maxBatchBytes,
      UnaryOperator<BlobStore> storeDecoration) {
    this(InstancePolicy.any(), functions, maxBatchBytes, storeDecoration);
  }

  Cas(
      InstancePolicy instances,
      DigestFunctionPolicy functions,
      long maxBatchBytes,
      UnaryOperator<BlobStore> storeDecoration) {
    store =
        new CountingBlobStore(
            new EmptyProvidingBlobStore(
                new InheritingBlobStore(storeDecoration.apply(new VerifyingBlobStore(memory)))));
    uploads = new ResumableUploads(store, clock, 3, Duration.ofDays(1));
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
    org.awaitility.Awaitility.await().atMost(Duration.ofSeconds(20)).until(condition::getAsBoolean);
  }

  /** Ends the server, and checks that it answered as agreed and kept nothing open. */
  @Override
  public void close() throws InterruptedException {
    channel.shutdownNow();
    server.shutdownNow().awaitTermination();
    threads.close();
    uploads.close();
    assertThat(conformance.violations()).isEmpty();
    // A stream's own thread may be about to close what it read from.
    await(() -> store.readers.get() == 0);
    assertThat(store.writers).as("open writers").hasValue(0);
  }
}
