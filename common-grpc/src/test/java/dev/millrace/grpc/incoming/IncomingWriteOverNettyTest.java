package dev.millrace.grpc.incoming;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.bytestream.ByteStreamGrpc;
import com.google.bytestream.ReadResponse;
import com.google.bytestream.WriteRequest;
import com.google.bytestream.WriteResponse;
import com.google.protobuf.ByteString;
import dev.millrace.failure.Failure;
import dev.millrace.grpc.bytestream.ByteStreamGrpcService;
import dev.millrace.grpc.bytestream.ByteStreamHandler;
import dev.millrace.grpc.bytestream.ByteStreamWrite;
import dev.millrace.grpc.bytestream.ReadRange;
import dev.millrace.grpc.bytestream.WriteStatus;
import dev.millrace.grpc.error.ErrorMappingInterceptor;
import dev.millrace.grpc.error.FailureStatuses;
import dev.millrace.grpc.request.InstancePolicy;
import dev.millrace.grpc.stream.ServerStream;
import dev.millrace.resourcename.ResourceName;
import dev.millrace.testing.RandomBlobs;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.netty.buffer.PoolArenaMetric;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.ChannelOption;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** That a handler is given the network's own buffers, and that these go back to the network. */
final class IncomingWriteOverNettyTest {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** Without caches, so that what is in use can be counted. */
  private final PooledByteBufAllocator buffers =
      new PooledByteBufAllocator(
          /* preferDirect= */ true,
          /* nHeapArena= */ 0,
          /* nDirectArena= */ 1,
          /* pageSize= */ 8192,
          /* maxOrder= */ 9,
          /* smallCacheSize= */ 0,
          /* normalCacheSize= */ 0,
          /* useCacheForAllThreads= */ false);

  private final RandomBlobs blobs = RandomBlobs.seeded();
  private final Map<String, ByteString> written = new ConcurrentHashMap<>();
  private final AtomicInteger direct = new AtomicInteger();
  private final AtomicInteger copied = new AtomicInteger();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private Server server;
  private ManagedChannel channel;

  @BeforeEach
  void start() throws IOException {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
            .withChildOption(ChannelOption.ALLOCATOR, buffers)
            .executor(threads)
            .intercept(new ErrorMappingInterceptor(FailureStatuses.withRandomIds()))
            .addService(new ByteStreamGrpcService(InstancePolicy.any(), List.of(new Content())))
            .build()
            .start();
    channel = NettyChannelBuilder.forAddress("127.0.0.1", server.getPort()).usePlaintext().build();
  }

  @AfterEach
  void stop() throws InterruptedException {
    channel.shutdownNow();
    server.shutdownNow().awaitTermination();
    threads.close();
  }

  @Test
  void dataIsNotCopiedOnItsWayToTheHandler() throws Exception {
    ByteString content = blobs.next(5_000_000);
    assertThat(write("1", content, 700_000)).isEqualTo(content.size());
    assertThat(written.get("1")).isEqualTo(content);
    assertThat(copied).hasValue(0);
    assertThat(direct).hasPositiveValue();
  }

  @Test
  void writersOfOneConnectionDoNotMix() throws Exception {
    List<ByteString> contents = new ArrayList<>();
    List<Future<Long>> writes = new ArrayList<>();
    for (int i = 0; i < 24; i++) {
      ByteString content = blobs.next(1_000_000 + i);
      String name = String.valueOf(i);
      int messageBytes = 1 << (10 + i % 11);
      contents.add(content);
      writes.add(threads.submit(() -> write(name, content, messageBytes)));
    }
    for (int i = 0; i < writes.size(); i++) {
      assertThat(writes.get(i).get()).isEqualTo(contents.get(i).size());
      assertThat(written.get(String.valueOf(i))).isEqualTo(contents.get(i));
    }
    // The transport cannot show each and every buffer.
    assertThat(copied.get()).isLessThan(direct.get() / 10);
  }

  @Test
  void framesWithNothingInThemAreNoEndOfTheData() throws Exception {
    ByteString content = blobs.next(20_000);
    ByteString message =
        message("1", 0, content).toBuilder().setFinishWrite(true).build().toByteString();
    try (BareConnection connection = new BareConnection(server.getPort())) {
      connection.begin("/google.bytestream.ByteStream/Write");
      connection.data(BareConnection.prefix(message.size()));
      connection.data(message.substring(0, 10_000));
      connection.data(ByteString.EMPTY);
      connection.data(message.substring(10_000));
      connection.end();
      await().atMost(PATIENCE).untilAsserted(() -> assertThat(written).containsKey("1"));
    }
    assertThat(written.get("1")).isEqualTo(content);
    assertThat(direct).hasPositiveValue();
  }

  /** Empty frames too, but for those that grpc-java does not stand: before a message's prefix. */
  @Test
  void messagesAreUnderstoodHoweverTheyAreFramed() throws Exception {
    long seed = System.nanoTime();
    System.out.println("IncomingWriteOverNettyTest seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    for (int round = 0; round < 30; round++) {
      String name = String.valueOf(round);
      ByteString content = blobs.next(random.nextInt(50_000));
      int usual = 1 << random.nextInt(1, 14);
      try (BareConnection connection = new BareConnection(server.getPort())) {
        connection.begin("/google.bytestream.ByteStream/Write");
        int at = 0;
        do {
          int end = Math.min(content.size(), at + 100 + random.nextInt(30_000));
          WriteRequest message =
              message(name, at, content.substring(at, end)).toBuilder()
                  .setFinishWrite(end == content.size())
                  .build();
          connection.data(BareConnection.prefix(message.getSerializedSize()));
          inFrames(message.toByteString(), usual, random, connection);
          at = end;
        } while (at < content.size());
        connection.end();
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(written).containsKey(name));
      }
      assertThat(written.get(name)).isEqualTo(content);
    }
    await().atMost(PATIENCE).untilAsserted(() -> assertThat(inUse()).isZero());
  }

  private static void inFrames(
      ByteString message, int usual, SplittableRandom random, BareConnection connection)
      throws IOException {
    for (int from = 0; from < message.size(); ) {
      int length = random.nextInt(random.nextInt(3) == 0 ? 2 : 2 * usual);
      int to = Math.min(message.size(), from + length);
      connection.data(message.substring(from, to));
      from = to;
    }
  }

  @Test
  void noBufferIsLeftBehindByCallsThatEndAnyhow() throws Exception {
    write("warm", blobs.next(100_000), 50_000);
    List<CompletableFuture<Void>> ends = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      CompletableFuture<Void> ended = new CompletableFuture<>();
      ends.add(ended);
      StreamObserver<WriteRequest> requests =
          ByteStreamGrpc.newStub(channel).write(new Ends(ended));
      String name = i % 3 == 0 ? "refused" : "cancelled" + i;
      for (int offset = 0; offset < 400_000; offset += 100_000) {
        requests.onNext(message(name, offset, blobs.next(100_000)));
      }
      if (i % 3 == 1) {
        requests.onError(Status.CANCELLED.asException());
      } else {
        requests.onCompleted();
      }
    }
    for (CompletableFuture<Void> ended : ends) {
      ended.get();
    }
    channel.shutdownNow();
    await().atMost(PATIENCE).untilAsserted(() -> assertThat(inUse()).isZero());
  }

  private long inUse() {
    return buffers.metric().directArenas().stream()
        .mapToLong(PoolArenaMetric::numActiveAllocations)
        .sum();
  }

  private long write(String name, ByteString content, int messageBytes) throws Exception {
    CompletableFuture<Long> committed = new CompletableFuture<>();
    StreamObserver<WriteRequest> requests =
        ByteStreamGrpc.newStub(channel)
            .write(
                new StreamObserver<>() {
                  @Override
                  public void onNext(WriteResponse response) {
                    committed.complete(response.getCommittedSize());
                  }

                  @Override
                  public void onError(Throwable thrown) {
                    committed.completeExceptionally(thrown);
                  }

                  @Override
                  public void onCompleted() {}
                });
    for (int at = 0; at < content.size(); at += messageBytes) {
      int end = Math.min(content.size(), at + messageBytes);
      WriteRequest message = message(name, at, content.substring(at, end));
      requests.onNext(message.toBuilder().setFinishWrite(end == content.size()).build());
    }
    requests.onCompleted();
    return committed.get();
  }

  private static WriteRequest message(String name, long offset, ByteString data) {
    return WriteRequest.newBuilder()
        .setResourceName("logstreams/" + name)
        .setWriteOffset(offset)
        .setData(data)
        .build();
  }

  /** Notes that a call has ended, however it did. */
  private record Ends(CompletableFuture<Void> ended) implements StreamObserver<WriteResponse> {
    @Override
    public void onNext(WriteResponse response) {}

    @Override
    public void onError(Throwable thrown) {
      ended.complete(null);
    }

    @Override
    public void onCompleted() {
      ended.complete(null);
    }
  }

  /** Keeps a copy of what it is given, and refuses what is called so. */
  private final class Content implements ByteStreamHandler {
    @Override
    public boolean handles(ResourceName name) {
      return true;
    }

    @Override
    public void read(ResourceName name, ReadRange range, ServerStream<ReadResponse> out) {
      throw new AssertionError("nobody reads");
    }

    @Override
    public ByteStreamWrite write(ResourceName name, long offset) {
      String key = name.toString().substring("logstreams/".length());
      return new ByteStreamWrite() {
        private ByteString content = ByteString.EMPTY;

        @Override
        public long position() {
          return content.size();
        }

        @Override
        public OptionalLong settled() {
          return OptionalLong.empty();
        }

        @Override
        public void append(List<ByteBuffer> data) {
          for (ByteBuffer part : data) {
            (part.isDirect() ? direct : copied).incrementAndGet();
            content = content.concat(ByteString.copyFrom(part));
          }
          if (key.equals("refused") && content.size() > 150_000) {
            throw new Failure.InvalidRequest("data", "is refused");
          }
        }

        @Override
        public long finish() {
          written.put(key, content);
          return content.size();
        }

        @Override
        public long suspend() {
          return content.size();
        }

        @Override
        public void close() {}
      };
    }

    @Override
    public WriteStatus queryWriteStatus(ResourceName name) {
      throw new AssertionError("nobody asks");
    }
  }
}
