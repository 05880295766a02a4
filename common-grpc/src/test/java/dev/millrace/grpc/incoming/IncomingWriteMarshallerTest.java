package dev.millrace.grpc.incoming;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.bytestream.WriteRequest;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.millrace.testing.RandomBlobs;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A message decoded in its buffers says what protobuf says of it. */
final class IncomingWriteMarshallerTest {

  private static final int ROUNDS = 2000;

  private final long seed = System.nanoTime();
  private final Random random = new Random(seed);
  private final RandomBlobs blobs = RandomBlobs.seeded();
  private final IncomingWriteMarshaller marshaller = new IncomingWriteMarshaller();

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 100, 16_384, 1 << 20})
  void dataIsFoundWhereverTheBuffersOfAMessageEnd(int bufferBytes) {
    WriteRequest request =
        WriteRequest.newBuilder()
            .setResourceName("a/uploads/b/blobs/c/7")
            .setWriteOffset(1L << 40)
            .setFinishWrite(true)
            .setData(blobs.next(70_000))
            .build();
    BufferedMessage message = new BufferedMessage(request.toByteString(), bufferBytes);
    assertSays(request, marshaller.parse(message));
    assertThat(message.lent()).isZero();
  }

  @Test
  void anyEncodingThatProtobufUnderstandsIsUnderstood() throws IOException {
    System.out.println("IncomingWriteMarshallerTest seed " + seed);
    for (int round = 0; round < ROUNDS; round++) {
      ByteString encoded = anyEncoding();
      BufferedMessage message = new BufferedMessage(encoded, 1 + random.nextInt(300));
      assertSays(WriteRequest.parseFrom(encoded), marshaller.parse(message));
    }
  }

  @Test
  void whatProtobufRefusesIsRefused() throws IOException {
    System.out.println("IncomingWriteMarshallerTest seed " + seed);
    int refused = 0;
    for (int round = 0; round < ROUNDS; round++) {
      byte[] bytes = anyEncoding().toByteArray();
      byte[] damaged = Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
      if (damaged.length > 0) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
      }
      BufferedMessage message = new BufferedMessage(ByteString.copyFrom(damaged), 64);
      try {
        WriteRequest expected = WriteRequest.parseFrom(damaged);
        assertSays(expected, marshaller.parse(message));
      } catch (InvalidProtocolBufferException malformed) {
        refused++;
        assertThatThrownBy(() -> marshaller.parse(message))
            .isInstanceOfSatisfying(
                StatusRuntimeException.class,
                e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.INTERNAL));
      }
    }
    assertThat(refused).isPositive();
  }

  @Test
  void aMessageInNoSuchBuffersIsCopied() {
    WriteRequest request =
        WriteRequest.newBuilder().setResourceName("x").setData(blobs.next(5000)).build();
    assertSays(request, marshaller.parse(new ByteArrayInputStream(request.toByteArray())));
    assertSays(
        request, marshaller.parse(new BufferedMessage(request.toByteString(), 1000).opaque()));
    assertSays(
        WriteRequest.getDefaultInstance(),
        marshaller.parse(new BufferedMessage(ByteString.EMPTY, 1)));
  }

  @Test
  void takenDataBelongsToTheTakerUntilItIsClosed() {
    WriteRequest request = WriteRequest.newBuilder().setData(blobs.next(5000)).build();
    BufferedMessage message = new BufferedMessage(request.toByteString(), 1000);
    IncomingWrite write = marshaller.parse(message);
    try (IncomingWrite.Lent lent = write.content().take()) {
      message.close();
      assertThat(lent.parts()).hasSizeGreaterThan(4);
      assertThat(message.lent()).isPositive();
    }
    assertThat(message.lent()).isZero();
  }

  @Test
  void dataThatIsAskedForTooLateIsAnError() {
    WriteRequest request = WriteRequest.newBuilder().setData(blobs.next(5000)).build();
    BufferedMessage message = new BufferedMessage(request.toByteString(), 1000);
    IncomingWrite write = marshaller.parse(message);
    message.close();
    assertThatThrownBy(() -> write.content().take()).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void dataIsTakenOnce() {
    WriteRequest request = WriteRequest.newBuilder().setData(blobs.next(5000)).build();
    IncomingWrite write = marshaller.parse(new BufferedMessage(request.toByteString(), 1000));
    write.content().take().close();
    assertThatThrownBy(() -> write.content().take()).isInstanceOf(IllegalStateException.class);
  }

  private static void assertSays(WriteRequest expected, IncomingWrite write) {
    assertThat(write.resourceName()).isEqualTo(expected.getResourceName());
    assertThat(write.writeOffset()).isEqualTo(expected.getWriteOffset());
    assertThat(write.finishWrite()).isEqualTo(expected.getFinishWrite());
    assertThat(write.content().size()).isEqualTo(expected.getData().size());
    assertThat(write.encodedBytes()).isGreaterThanOrEqualTo(write.content().size());
    try (IncomingWrite.Lent lent = write.content().take()) {
      ByteString data = ByteString.EMPTY;
      for (ByteBuffer part : lent.parts()) {
        data = data.concat(ByteString.copyFrom(part));
      }
      assertThat(data).isEqualTo(expected.getData());
    }
  }

  /** Fields in any order and number, known or not. */
  private ByteString anyEncoding() throws IOException {
    ByteString.Output bytes = ByteString.newOutput();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    for (int left = random.nextInt(7); left > 0; left--) {
      switch (random.nextInt(9)) {
        case 0 -> out.writeString(1, "r".repeat(random.nextInt(700)));
        case 1 -> out.writeInt64(2, random.nextLong());
        case 2 -> out.writeBool(3, random.nextBoolean());
        case 3, 4, 5 -> out.writeBytes(10, blobs.next(random.nextInt(2000)));
        case 6 -> out.writeBytes(4, blobs.next(random.nextInt(2000)));
        case 7 -> out.writeFixed32(10, random.nextInt());
        default -> out.writeInt64(1, random.nextLong());
      }
    }
    out.flush();
    return bytes.toByteString();
  }
}
