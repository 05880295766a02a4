package dev.millrace.blobstore.remote;

import com.google.bytestream.WriteRequest;
import com.google.bytestream.WriteResponse;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.millrace.blobstore.BlobWriter;
import dev.millrace.digest.Digest;
import dev.millrace.failure.Failure;
import dev.millrace.failure.Failure.ContentMismatch;
import dev.millrace.instance.InstanceName;
import dev.millrace.peer.Attempts;
import dev.millrace.peer.PeerCall;
import dev.millrace.resourcename.Compressor;
import dev.millrace.resourcename.ResourceName;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.stub.BlockingClientCall;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * One ByteStream Write, in messages of one size, each sent once the transport has room for it. The
 * last one is kept back until the commit, so a blob that fits into one message is sent by the
 * commit alone, and again if the peer was out of reach. If the peer answers early that it has the
 * blob, the rest is dropped.
 */
final class RemoteBlobWriter implements BlobWriter {

  static final int MESSAGE_BYTES = 256 * 1024;

  private final Peer peer;
  private final String name;
  private final Digest digest;

  private byte[] message;
  private int filled;
  private long sent;
  private @Nullable BlockingClientCall<WriteRequest, WriteResponse> call;
  private boolean answeredEarly;

  RemoteBlobWriter(Peer peer, InstanceName instance, Digest digest) {
    this.peer = peer;
    this.name =
        new ResourceName.Upload(instance, peer.uploadIds().get(), Compressor.IDENTITY, digest)
            .toString();
    this.digest = digest;
    this.message = newMessage();
  }

  @Override
  public long written() {
    return sent + filled;
  }

  @Override
  public void write(ByteBuffer bytes) {
    if (bytes.remaining() > digest.sizeBytes() - written()) {
      throw new ContentMismatch(
          digest,
          "more than the %d bytes of the digest were written".formatted(digest.sizeBytes()));
    }
    while (bytes.hasRemaining()) {
      if (filled == message.length) {
        flush();
      }
      int length = Math.min(bytes.remaining(), message.length - filled);
      bytes.get(message, filled, length);
      filled += length;
    }
  }

  private byte[] newMessage() {
    return new byte[(int) Math.min(MESSAGE_BYTES, digest.sizeBytes() - sent)];
  }

  private void flush() {
    if (!answeredEarly) {
      answeredEarly = !once(() -> send(started(), /* last= */ false));
    }
    sent += filled;
    filled = 0;
    message = newMessage();
  }

  @Override
  public void commit() {
    if (written() != digest.sizeBytes()) {
      throw new ContentMismatch(
          digest,
          "%d bytes were written, the digest says %d".formatted(written(), digest.sizeBytes()));
    }
    WriteResponse answer =
        call == null ? peer.attempts().run(this::finish, this::failure) : once(this::finish);
    if (answer.getCommittedSize() != digest.sizeBytes()) {
      throw new Failure.Unavailable(
          "a peer took only %d bytes of %s".formatted(answer.getCommittedSize(), digest),
          /* cause= */ null);
    }
  }

  private WriteResponse finish() throws StatusException, InterruptedException {
    BlockingClientCall<WriteRequest, WriteResponse> current = started();
    try {
      if (!answeredEarly) {
        send(current, /* last= */ true);
        current.halfClose();
      }
      WriteResponse answer = current.read(peer.patience().toNanos(), TimeUnit.NANOSECONDS);
      if (answer == null) {
        throw Status.INTERNAL.withDescription("a Write ended without an answer").asException();
      }
      call = null;
      return answer;
    } catch (TimeoutException e) {
      throw timedOut(e);
    } catch (StatusException | InterruptedException e) {
      close();
      throw e;
    }
  }

  private BlockingClientCall<WriteRequest, WriteResponse> started() {
    BlockingClientCall<WriteRequest, WriteResponse> current = call;
    if (current == null) {
      current = peer.byteStream().write();
      call = current;
    }
    return current;
  }

  /** False if the peer has answered already and wants no more. */
  private boolean send(BlockingClientCall<WriteRequest, WriteResponse> to, boolean last)
      throws StatusException, InterruptedException {
    ByteString data = UnsafeByteOperations.unsafeWrap(message, 0, filled);
    WriteRequest.Builder request =
        WriteRequest.newBuilder().setWriteOffset(sent).setFinishWrite(last).setData(data);
    if (sent == 0) {
      request.setResourceName(name);
    }
    try {
      return to.write(request.build(), peer.patience().toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw timedOut(e);
    }
  }

  private StatusException timedOut(TimeoutException e) {
    close();
    return Status.DEADLINE_EXCEEDED
        .withDescription("the write of " + digest + " did not move for " + peer.patience())
        .withCause(e)
        .asException();
  }

  private <T> T once(PeerCall<T> step) {
    return Attempts.once(step, this::failure);
  }

  private Failure failure(StatusException e) {
    return Peer.writeFailure(digest, Peer.failure(digest, e));
  }

  @Override
  public void close() {
    BlockingClientCall<WriteRequest, WriteResponse> current = call;
    if (current != null) {
      call = null;
      current.cancel("the write was given up", /* cause= */ null);
    }
  }
}
