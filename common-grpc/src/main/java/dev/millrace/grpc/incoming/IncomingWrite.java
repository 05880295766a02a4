package dev.millrace.grpc.incoming;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * A {@code WriteRequest} with its data still where the network put it, which is the transport's
 * again as soon as the call has handled the message.
 *
 * @param resourceName empty where the message does not repeat it
 * @param writeOffset of the first byte of data
 * @param finishWrite whether nothing is to follow
 * @param encodedBytes what the message takes on the wire
 * @param content the data, to be taken once
 */
public record IncomingWrite(
    String resourceName, long writeOffset, boolean finishWrite, int encodedBytes, Content content) {

  /** Data that waits to be taken. What nobody takes the transport lets go. */
  public interface Content {

    int size();

    /**
     * Takes the data over, within the call's handler for the message.
     *
     * @throws IllegalStateException if it is gone, because the message was kept until later
     */
    Lent take();
  }

  /** Data that is good until this is closed. */
  public interface Lent extends AutoCloseable {

    /** One after the other. */
    List<ByteBuffer> parts();

    @Override
    void close();
  }
}
