package dev.millrace.grpc.outgoing;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.bytestream.ByteStreamGrpc;
import com.google.bytestream.ReadRequest;
import com.google.bytestream.ReadResponse;
import com.google.protobuf.ByteString;
import dev.millrace.grpc.bytestream.ByteStreamGrpcService;
import dev.millrace.grpc.bytestream.ByteStreamHandler;
import dev.millrace.grpc.bytestream.ByteStreamWrite;
import dev.millrace.grpc.bytestream.ReadRange;
import dev.millrace.grpc.bytestream.WriteStatus;
import dev.millrace.grpc.request.InstancePolicy;
import dev.millrace.grpc.stream.ServerStream;
import dev.millrace.resourcename.ResourceName;
import dev.millrace.testing.RandomBlobs;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.ChannelOption;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** That gRPC frames a chunk in the buffer that it is in: this notices when it no longer does. */
final class OutgoingChunkOverNettyTest {

  private final ByteString content = RandomBlobs.seeded().next(10 * 1024 * 1024 + 4321);
  private final AtomicInteger sent = new AtomicInteger();
  private final AtomicInteger taken = new AtomicInteger();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private Server server;
  private ManagedChannel channel;

  @BeforeEach
  void start() throws IOException {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
            .withChildOption(ChannelOption.ALLOCATOR, OutgoingBuffers.allocator())
            .executor(threads)
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
  void aChunkGoesOutInItsOwnBuffer() {
    assertThat(read(0)).isEqualTo(content);
    assertThat(taken).hasValue(sent.get()).hasPositiveValue();
  }

  @Test
  void readersOfOneConnectionDoNotMix() throws Exception {
    List<Future<ByteString>> reads = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      int offset = i * 12_345;
      reads.add(threads.submit(() -> read(offset)));
    }
    for (int i = 0; i < reads.size(); i++) {
      assertThat(reads.get(i).get()).isEqualTo(content.substring(i * 12_345));
    }
    assertThat(taken).hasValue(sent.get());
  }

  private ByteString read(long offset) {
    Iterator<ReadResponse> parts =
        ByteStreamGrpc.newBlockingStub(channel)
            .read(
                ReadRequest.newBuilder()
                    .setResourceName("logstreams/1")
                    .setReadOffset(offset)
                    .build());
    List<ByteString> data = new ArrayList<>();
    parts.forEachRemaining(part -> data.add(part.getData()));
    return ByteString.copyFrom(data);
  }

  /** Sends the same content whatever is asked for, in chunks of many sizes. */
  private final class Content implements ByteStreamHandler {
    @Override
    public boolean handles(ResourceName name) {
      return true;
    }

    @Override
    public void read(ResourceName name, ReadRange range, ServerStream<ReadResponse> out) {
      int size = OutgoingChunk.LEAST_BYTES;
      for (int at = Math.toIntExact(range.offset()); at < content.size(); ) {
        int length = Math.min(size, content.size() - at);
        out.awaitReady();
        try (OutgoingChunk chunk = OutgoingChunk.allocate(length)) {
          content.substring(at, at + length).copyTo(chunk.data());
          chunk.send(out::send);
          if (length >= OutgoingChunk.LEAST_BYTES) {
            sent.incrementAndGet();
            taken.addAndGet(chunk.isTaken() ? 1 : 0);
          }
        }
        at += length;
        size = Math.min(OutgoingChunk.MOST_BYTES, size * 2 + 1);
      }
    }

    @Override
    public ByteStreamWrite write(ResourceName name, long offset) {
      throw new AssertionError("nobody writes");
    }

    @Override
    public WriteStatus queryWriteStatus(ResourceName name) {
      throw new AssertionError("nobody asks");
    }
  }
}
