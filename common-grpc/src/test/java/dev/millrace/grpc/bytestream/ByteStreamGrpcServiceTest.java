package dev.millrace.grpc.bytestream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.bytestream.ByteStreamGrpc;
import com.google.bytestream.QueryWriteStatusRequest;
import com.google.bytestream.ReadRequest;
import com.google.bytestream.ReadResponse;
import com.google.bytestream.WriteRequest;
import com.google.bytestream.WriteResponse;
import com.google.protobuf.ByteString;
import dev.millrace.grpc.Edge;
import dev.millrace.grpc.request.InstancePolicy;
import dev.millrace.grpc.stream.ServerStream;
import dev.millrace.resourcename.ResourceName;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Dispatch by kind of resource, with a log that grows while it is read. */
final class ByteStreamGrpcServiceTest {

  private final GrowingLog log = new GrowingLog();
  private final Edge edge = new Edge(new ByteStreamGrpcService(InstancePolicy.any(), List.of(log)));
  private final ByteStreamGrpc.ByteStreamBlockingStub bytes =
      ByteStreamGrpc.newBlockingStub(edge.channel);

  @AfterEach
  void close() throws InterruptedException {
    edge.close();
  }

  @Test
  void aReaderFollowsWhatIsWrittenMeanwhile() {
    Iterator<ReadResponse> parts = bytes.read(read("logstreams/1"));
    StreamObserver<WriteRequest> writer = write(new CompletableFuture<>());
    writer.onNext(message(0, "first "));
    assertThat(parts.next().getData().toStringUtf8()).isEqualTo("first ");
    writer.onNext(message(6, "second"));
    assertThat(parts.next().getData().toStringUtf8()).isEqualTo("second");
    writer.onNext(message(12, "").toBuilder().setFinishWrite(true).build());
    writer.onCompleted();
    assertThat(parts.hasNext()).isFalse();
  }

  @Test
  void aWriterIsToldTheCommittedSize() {
    CompletableFuture<WriteResponse> answer = new CompletableFuture<>();
    StreamObserver<WriteRequest> writer = write(answer);
    writer.onNext(message(0, "text"));
    writer.onCompleted();
    assertThat(answer.orTimeout(20, TimeUnit.SECONDS).join().getCommittedSize()).isEqualTo(4);
    assertThat(
            bytes
                .queryWriteStatus(
                    QueryWriteStatusRequest.newBuilder()
                        .setResourceName("logstreams/1/token")
                        .build())
                .getCommittedSize())
        .isEqualTo(4);
  }

  @Test
  void aSourceThatWaitsIsWokenWhenItsClientGoesAway() throws InterruptedException {
    Context.CancellableContext context = Context.current().withCancellation();
    context.run(() -> bytes.read(read("logstreams/1")));
    assertThat(log.readersBegun.await(20, TimeUnit.SECONDS)).isTrue();
    context.cancel(null);
    assertThat(log.readersEnded.await(20, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void aResourceThatNobodyServesIsUnimplemented() {
    assertThatThrownBy(() -> bytes.read(read("blobs/" + "a".repeat(64) + "/1")).hasNext())
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> {
              assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
              assertThat(e.getStatus().getDescription()).contains("blobs/");
            });
  }

  private StreamObserver<WriteRequest> write(CompletableFuture<WriteResponse> answer) {
    return ByteStreamGrpc.newStub(edge.channel)
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
  }

  private static WriteRequest message(long offset, String text) {
    return WriteRequest.newBuilder()
        .setResourceName("logstreams/1/token")
        .setWriteOffset(offset)
        .setData(ByteString.copyFromUtf8(text))
        .build();
  }

  private static ReadRequest read(String name) {
    return ReadRequest.newBuilder().setResourceName(name).build();
  }

  /** One log, readable while it grows. */
  private static final class GrowingLog implements ByteStreamHandler {
    private final CountDownLatch readersBegun = new CountDownLatch(1);
    private final CountDownLatch readersEnded = new CountDownLatch(1);
    private ByteString content = ByteString.EMPTY;
    private boolean finished;

    @Override
    public boolean handles(ResourceName name) {
      return name instanceof ResourceName.Log;
    }

    @Override
    public void read(ResourceName name, ReadRange range, ServerStream<ReadResponse> out) {
      out.onCancel(this::wake);
      readersBegun.countDown();
      long position = range.offset();
      try {
        while (!out.isCancelled()) {
          ByteString part = next(position, out);
          if (part.isEmpty()) {
            break;
          }
          out.send(ReadResponse.newBuilder().setData(part).build());
          position += part.size();
        }
      } finally {
        readersEnded.countDown();
      }
    }

    private synchronized ByteString next(long position, ServerStream<?> out) {
      while (content.size() == position && !finished && !out.isCancelled()) {
        try {
          wait();
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
      }
      return content.substring((int) position);
    }

    private synchronized void wake() {
      notifyAll();
    }

    private synchronized void add(ByteString data, boolean last) {
      content = content.concat(data);
      finished |= last;
      notifyAll();
    }

    @Override
    public ByteStreamWrite write(ResourceName name, long offset) {
      return new ByteStreamWrite() {
        @Override
        public long position() {
          return queryWriteStatus(name).committedSize();
        }

        @Override
        public OptionalLong settled() {
          return OptionalLong.empty();
        }

        @Override
        public void append(List<ByteBuffer> data) {
          data.forEach(part -> add(ByteString.copyFrom(part), false));
        }

        @Override
        public long finish() {
          add(ByteString.EMPTY, true);
          return position();
        }

        @Override
        public long suspend() {
          return position();
        }

        @Override
        public void close() {}
      };
    }

    @Override
    public synchronized WriteStatus queryWriteStatus(ResourceName name) {
      return new WriteStatus(content.size(), finished);
    }
  }
}
