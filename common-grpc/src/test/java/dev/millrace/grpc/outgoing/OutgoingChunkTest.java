package dev.millrace.grpc.outgoing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.bytestream.ReadResponse;
import com.google.protobuf.ByteString;
import dev.millrace.testing.RandomBlobs;
import io.grpc.Drainable;
import io.netty.buffer.ByteBuf;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is in a chunk, encoded in every way that a transport may ask for it. */
final class OutgoingChunkTest {

  private static final int FRAME_BYTES = 5;

  private final ReadResponseMarshaller marshaller = new ReadResponseMarshaller();
  private final RandomBlobs random = RandomBlobs.seeded();

  @ParameterizedTest
  @ValueSource(ints = {1, 127, 128, 4096, 16_383, 16_384, 262_144, OutgoingChunk.MOST_BYTES})
  void aTransportThatTakesTheBufferSendsWhatProtobufEncodes(int length) {
    byte[] data = random.next(length).toByteArray();
    byte[] expected = message(data).toByteArray();
    AtomicReference<@Nullable ByteBuf> framed = new AtomicReference<>();
    try (OutgoingChunk chunk = filled(data)) {
      chunk.send(response -> {
        InputStream stream = marshaller.stream(response);
        int size = FRAME_BYTES + available(stream);
        ByteBuf buffer = OutgoingBuffers.allocator().buffer(size, size);
        buffer.writeBytes(new byte[FRAME_BYTES]);
        assertThat(drain(stream, new Framing(buffer))).isEqualTo(expected.length);
        assertThat(buffer.writableBytes()).isZero();
        framed.set(buffer);
      });
      assertThat(chunk.isTaken()).isTrue();
    }
    ByteBuf buffer = framed.get();
    assertThat(buffer.refCnt()).as("closing the chunk leaves it to the transport").isOne();
    byte[] sent = new byte[buffer.readableBytes()];
    buffer.readBytes(sent).release();
    assertThat(sent).endsWith(expected).hasSize(FRAME_BYTES + expected.length);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 127, 128, 4096, 16_383, 16_384, 262_144, OutgoingChunk.MOST_BYTES})
  void aTransportThatDoesNotIsGivenACopy(int length) {
    byte[] data = random.next(length).toByteArray();
    ByteArrayOutputStream sent = new ByteArrayOutputStream();
    try (OutgoingChunk chunk = filled(data)) {
      chunk.send(response -> drain(marshaller.stream(response), sent));
    }
    assertThat(sent.toByteArray()).isEqualTo(message(data).toByteArray());
  }

  @Test
  void aReaderMayComeWhenTheChunkIsClosed() throws IOException {
    byte[] data = random.next(100_000).toByteArray();
    AtomicReference<@Nullable InputStream> stream = new AtomicReference<>();
    try (OutgoingChunk chunk = filled(data)) {
      chunk.send(response -> stream.set(marshaller.stream(response)));
      chunk.data().put(new byte[data.length]);
    }
    assertThat(ReadResponse.parseFrom(stream.get())).isEqualTo(message(data));
    assertThat(stream.get().read()).isEqualTo(-1);
  }

  @Test
  void aBufferOfAnotherSizeIsAnotherBuffer() {
    byte[] data = random.next(100_000).toByteArray();
    try (OutgoingChunk chunk = filled(data)) {
      chunk.send(response -> {
        ByteBuf before = OutgoingBuffers.allocator().buffer(FRAME_BYTES + data.length + 4);
        InputStream stream = marshaller.stream(response);
        ByteBuf other = OutgoingBuffers.allocator().buffer(4096, 4096);
        ByteArrayOutputStream sent = new ByteArrayOutputStream();
        drain(stream, sent);
        assertThat(sent.toByteArray()).isEqualTo(message(data).toByteArray());
        before.release();
        other.release();
      });
      assertThat(chunk.isTaken()).isFalse();
    }
  }

  @Test
  void aBufferThatWasTakenForSomethingElseIsNotSent() {
    byte[] data = random.next(100_000).toByteArray();
    try (OutgoingChunk chunk = filled(data)) {
      chunk.send(response -> {
        InputStream stream = marshaller.stream(response);
        int size = FRAME_BYTES + available(stream);
        ByteBuf taken = OutgoingBuffers.allocator().buffer(size, size);
        assertThatThrownBy(() -> drain(stream, new ByteArrayOutputStream()))
            .isInstanceOf(IllegalStateException.class);
        taken.release();
      });
    }
  }

  @Test
  void aMessageThatIsKeptIsNotSentWithoutItsData() {
    AtomicReference<@Nullable ReadResponse> kept = new AtomicReference<>();
    try (OutgoingChunk chunk = filled(random.next(5000).toByteArray())) {
      chunk.send(response -> {
        kept.set(response);
        drain(marshaller.stream(response), new ByteArrayOutputStream());
        assertThatThrownBy(() -> marshaller.stream(response))
            .isInstanceOf(IllegalStateException.class);
      });
    }
    assertThatThrownBy(() -> marshaller.stream(kept.get()))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void otherMessagesAreEncodedAsEver() {
    ReadResponse other = message(random.next(5000).toByteArray());
    try (OutgoingChunk chunk = filled(random.next(5000).toByteArray())) {
      chunk.send(response -> {
        ByteArrayOutputStream sent = new ByteArrayOutputStream();
        drain(marshaller.stream(other), sent);
        assertThat(sent.toByteArray()).isEqualTo(other.toByteArray());
      });
    }
    ByteArrayOutputStream empty = new ByteArrayOutputStream();
    drain(marshaller.stream(ReadResponse.getDefaultInstance()), empty);
    assertThat(empty.size()).isZero();
  }

  @Test
  void aChunkHasSomethingInItAndFitsABuffer() {
    assertThatThrownBy(() -> OutgoingChunk.allocate(0))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> OutgoingChunk.allocate(OutgoingChunk.MOST_BYTES + 1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static OutgoingChunk filled(byte[] data) {
    OutgoingChunk chunk = OutgoingChunk.allocate(data.length);
    chunk.data().put(data);
    return chunk;
  }

  private static ReadResponse message(byte[] data) {
    return ReadResponse.newBuilder().setData(ByteString.copyFrom(data)).build();
  }

  private static int available(InputStream stream) {
    try {
      return stream.available();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static int drain(InputStream stream, OutputStream target) {
    try {
      return ((Drainable) stream).drainTo(target);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Writes as the transport's framing does. */
  private static final class Framing extends OutputStream {
    private final ByteBuf buffer;

    Framing(ByteBuf buffer) {
      this.buffer = buffer;
    }

    @Override
    public void write(int value) {
      buffer.writeByte(value);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
      buffer.writeBytes(bytes, offset, length);
    }
  }
}
