package dev.millrace.grpc.outgoing;

import com.google.bytestream.ReadResponse;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.UnknownFieldSet;
import com.google.protobuf.WireFormat;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The data of one {@link ReadResponse}, in memory that the network can send: with room before it
 * for what frames it. Filled, sent once, then closed. Its message only stands for it: the data is
 * in what {@link ReadResponseMarshaller} makes of that while it is being sent. A transport that
 * does not take the buffer over is given a copy.
 */
public final class OutgoingChunk implements AutoCloseable {

  /** Data of fewer bytes is copied anyway, as its frame is put in a buffer of a fixed size. */
  public static final int LEAST_BYTES = 4 * 1024;

  /** The most that is framed in one buffer, with its frame. */
  public static final int MOST_BYTES = 1024 * 1024 - 64;

  private static final ThreadLocal<@Nullable OutgoingChunk> BEING_SENT = new ThreadLocal<>();

  /** What no message has that has its data itself. A number that protobuf keeps for its own use. */
  private static final UnknownFieldSet MARK =
      UnknownFieldSet.newBuilder()
          .addField(
              19_000,
              UnknownFieldSet.Field.newBuilder()
                  .addLengthDelimited(ByteString.copyFromUtf8("an OutgoingChunk's"))
                  .build())
          .build();

  /** Where data begins, such that it is aligned as it is in files. */
  private static final int DATA_AT = 64;

  /** A message's frame: whether it is compressed, and its length. */
  private static final int FRAME_BYTES = 5;

  private final int length;
  private final byte[] prefix;
  private final ByteBuf buffer;
  private @Nullable ReadResponse message;
  private @Nullable ChunkStream stream;
  private boolean taken;

  private OutgoingChunk(int length) {
    this.length = length;
    prefix = prefix(length);
    buffer = OutgoingBuffers.SHARED.directBuffer(DATA_AT + length, DATA_AT + length);
    buffer.setBytes(messageAt(), prefix);
  }

  /**
   * Makes a chunk to fill.
   *
   * @param length of the data, from 1 to {@link #MOST_BYTES}
   */
  public static OutgoingChunk allocate(int length) {
    if (length < 1 || length > MOST_BYTES) {
      throw new IllegalArgumentException("a chunk of " + length + " bytes");
    }
    return new OutgoingChunk(length);
  }

  /** What the field's bytes follow: its tag and its length. */
  private static byte[] prefix(int length) {
    byte[] bytes =
        new byte
            [CodedOutputStream.computeTagSize(ReadResponse.DATA_FIELD_NUMBER)
                + CodedOutputStream.computeUInt32SizeNoTag(length)];
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    try {
      out.writeTag(ReadResponse.DATA_FIELD_NUMBER, WireFormat.WIRETYPE_LENGTH_DELIMITED);
      out.writeUInt32NoTag(length);
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return bytes;
  }

  /** Where to put the data. */
  public ByteBuffer data() {
    return buffer.nioBuffer(DATA_AT, length);
  }

  /** Hands the message to {@code receiver}, which sends it or lets it go before it returns. */
  public void send(Consumer<ReadResponse> receiver) {
    ReadResponse response = ReadResponse.newBuilder().setUnknownFields(MARK).build();
    message = response;
    BEING_SENT.set(this);
    try {
      receiver.accept(response);
    } finally {
      BEING_SENT.remove();
      if (stream != null && !taken) {
        stream.keep();
      }
    }
  }

  /** The chunk that the current thread is sending. */
  static @Nullable OutgoingChunk beingSent() {
    return BEING_SENT.get();
  }

  /** Whether a message only stands for a chunk, and must not be sent as it is. */
  static boolean isOfAChunk(ReadResponse response) {
    return response.getUnknownFields().equals(MARK);
  }

  /** The encoded message, if it is this chunk's. From here on the buffer may be taken. */
  @SuppressWarnings("ReferenceEquality") // The messages of two chunks are equal.
  @Nullable ChunkStream streamOf(ReadResponse response) {
    if (response != message || stream != null) {
      return null;
    }
    stream = new ChunkStream(this);
    return stream;
  }

  /** The buffer, if one of this size is what the encoded message goes into with its frame. */
  @Nullable ByteBuf takeFor(int bytes) {
    if (stream == null || taken || bytes != FRAME_BYTES + messageBytes()) {
      return null;
    }
    taken = true;
    int start = messageAt() - FRAME_BYTES;
    return buffer.setIndex(start, start);
  }

  boolean isTaken() {
    return taken;
  }

  byte[] prefix() {
    return prefix;
  }

  int messageBytes() {
    return prefix.length + length;
  }

  /** The encoded message, where it is. */
  ByteBuffer encoded() {
    return buffer.nioBuffer(messageAt(), messageBytes());
  }

  private int messageAt() {
    return DATA_AT - prefix.length;
  }

  /** How far the one who took the buffer has written. */
  int written() {
    return buffer.writerIndex() - messageAt();
  }

  /** The data counts as written: it is there. */
  void skipData() {
    buffer.writerIndex(DATA_AT + length);
  }

  /** Gives the buffer back, unless the network has it and does. */
  @Override
  public void close() {
    if (!taken) {
      buffer.release();
    }
  }
}
