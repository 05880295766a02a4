package dev.millrace.grpc.admission;

import build.bazel.remote.execution.v2.BatchReadBlobsRequest;
import build.bazel.remote.execution.v2.BatchReadBlobsResponse;
import build.bazel.remote.execution.v2.ContentAddressableStorageGrpc;
import build.bazel.remote.execution.v2.ExecutionGrpc;
import build.bazel.remote.execution.v2.FindMissingBlobsRequest;
import build.bazel.remote.execution.v2.FindMissingBlobsResponse;
import build.bazel.remote.execution.v2.WaitExecutionRequest;
import com.google.bytestream.ByteStreamGrpc;
import com.google.bytestream.ReadRequest;
import com.google.bytestream.ReadResponse;
import com.google.bytestream.WriteRequest;
import com.google.bytestream.WriteResponse;
import com.google.longrunning.Operation;
import com.google.protobuf.ByteString;
import dev.millrace.grpc.admission.Gate.Width;
import dev.millrace.grpc.error.ErrorMappingInterceptor;
import dev.millrace.grpc.error.FailureStatuses;
import dev.millrace.grpc.stream.ServerStream;
import dev.millrace.testing.StatusConformance;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * A server with admission in front of handlers that do as their callers say: a resource name that
 * begins with "throw" fails, one with "block" waits, one with "log" is allowed to be silent.
 */
final class Guarded implements AutoCloseable {

  /** How clients reach it. */
  enum Transport {
    IN_PROCESS,
    NETTY
  }

  static final Duration IDLE = Duration.ofMinutes(5);
  static final int LARGE = 3 * 1024 * 1024;

  final AtomicLong nanos = new AtomicLong();
  final Admission admission;
  final AtomicInteger writesBegun = new AtomicInteger();
  final AtomicInteger writesCancelled = new AtomicInteger();
  final AtomicInteger readsCancelled = new AtomicInteger();
  final CountDownLatch unblocked = new CountDownLatch(1);
  final StatusConformance conformance = new StatusConformance();

  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final List<ManagedChannel> channels = new ArrayList<>();
  private final Supplier<ManagedChannel> dial;
  private final Server server;

  Guarded(Transport transport, AdmissionLimits limits) {
    admission = new Admission(limits, nanos::get);
    String name = UUID.randomUUID().toString();
    server =
        start(
            switch (transport) {
              case IN_PROCESS -> InProcessServerBuilder.forName(name);
              case NETTY ->
                  NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
                      .maxInboundMessageSize(4352 * 1024)
                      .addTransportFilter(admission.connections());
            });
    dial =
        () ->
            switch (transport) {
              case IN_PROCESS -> InProcessChannelBuilder.forName(name).executor(threads).build();
              case NETTY ->
                  NettyChannelBuilder.forAddress("127.0.0.1", server.getPort())
                      .usePlaintext()
                      .build();
            };
  }

  /** Room for one upload, two downloads and batches, nobody waiting, and the least of memory. */
  static AdmissionLimits narrow() {
    Map<CallKind, Width> gates = new EnumMap<>(CallKind.class);
    gates.put(CallKind.UPLOAD, new Width(1, 0));
    gates.put(CallKind.DOWNLOAD, new Width(2, 0));
    gates.put(CallKind.BATCH, new Width(2, 0));
    gates.put(CallKind.QUICK, new Width(20, 20));
    gates.put(CallKind.WAITING, new Width(1, 0));
    gates.put(CallKind.HEALTH, new Width(1, 0));
    return new AdmissionLimits(
        gates,
        Duration.ofMillis(50),
        AdmissionLimits.LEAST_REQUEST_BYTES,
        4352 * 1024,
        IDLE,
        IDLE,
        1);
  }

  private Server start(ServerBuilder<?> builder) {
    builder
        .executor(threads)
        .addStreamTracerFactory(InboundBytes.factory())
        .addService(new Streams())
        .addService(new Batches())
        .addService(new Executions())
        .intercept(new ErrorMappingInterceptor(new FailureStatuses(() -> "incident-7")))
        .intercept(new AdmissionInterceptor(admission))
        .intercept(conformance);
    try {
      return builder.build().start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  ManagedChannel connect() {
    ManagedChannel channel = dial.get();
    channels.add(channel);
    return channel;
  }

  int port() {
    return server.getPort();
  }

  void advance(Duration step) {
    nanos.addAndGet(step.toNanos());
  }

  /** Whether nobody is inside and nothing is taken. */
  boolean isEmpty() {
    for (CallKind kind : CallKind.values()) {
      if (admission.gate(kind).inside() != 0 || admission.gate(kind).waiting() != 0) {
        return false;
      }
    }
    return admission.requests().used() == 0
        && admission.answers().used() == 0
        && admission.openCalls().size() == 0;
  }

  private void behave(String name) {
    if (name.startsWith("throw")) {
      throw new IllegalStateException("as told");
    }
    if (name.startsWith("block")) {
      try {
        unblocked.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    if (name.startsWith("log")) {
      AdmittedCall.currentMayWait();
    }
  }

  private final class Streams extends ByteStreamGrpc.ByteStreamImplBase {
    @Override
    public StreamObserver<WriteRequest> write(StreamObserver<WriteResponse> responses) {
      writesBegun.incrementAndGet();
      return new StreamObserver<>() {
        @Override
        public void onNext(WriteRequest request) {
          behave(request.getResourceName());
        }

        @Override
        public void onError(Throwable cancelled) {
          writesCancelled.incrementAndGet();
        }

        @Override
        public void onCompleted() {
          responses.onNext(WriteResponse.getDefaultInstance());
          responses.onCompleted();
        }
      };
    }

    @Override
    public void read(ReadRequest request, StreamObserver<ReadResponse> responses) {
      ServerStream.start(
          responses,
          stream -> {
            stream.onCancel(readsCancelled::incrementAndGet);
            behave(request.getResourceName());
            ByteString chunk = ByteString.copyFrom(new byte[128 * 1024]);
            for (int i = 0; i < 20; i++) {
              stream.send(ReadResponse.newBuilder().setData(chunk).build());
            }
          });
    }
  }

  private final class Batches
      extends ContentAddressableStorageGrpc.ContentAddressableStorageImplBase {
    @Override
    public void findMissingBlobs(
        FindMissingBlobsRequest request, StreamObserver<FindMissingBlobsResponse> responses) {
      behave(request.getInstanceName());
      responses.onNext(FindMissingBlobsResponse.getDefaultInstance());
      responses.onCompleted();
    }

    @Override
    public void batchReadBlobs(
        BatchReadBlobsRequest request, StreamObserver<BatchReadBlobsResponse> responses) {
      behave(request.getInstanceName());
      BatchReadBlobsResponse.Builder response = BatchReadBlobsResponse.newBuilder();
      response.addResponsesBuilder().setData(ByteString.copyFrom(new byte[LARGE]));
      responses.onNext(response.build());
      responses.onCompleted();
    }
  }

  /** Nothing ever happens to what is waited for. */
  private static final class Executions extends ExecutionGrpc.ExecutionImplBase {
    @Override
    public void waitExecution(WaitExecutionRequest request, StreamObserver<Operation> responses) {}
  }

  @Override
  public void close() {
    unblocked.countDown();
    channels.forEach(ManagedChannel::shutdownNow);
    try {
      server.shutdownNow().awaitTermination();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    threads.close();
  }
}
