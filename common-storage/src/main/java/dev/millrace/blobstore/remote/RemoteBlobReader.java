package dev.millrace.blobstore.remote;

import com.google.bytestream.ReadRequest;
import com.google.bytestream.ReadResponse;
import com.google.protobuf.ByteString;
import dev.millrace.blobstore.BlobReader;
import dev.millrace.digest.Digest;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
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
 * One ByteStream Read, a message ahead of what is asked for, and never more. A small jump forward
 * reads on; any other begins a new Read there, as a stream that broke off does.
 */
final class RemoteBlobReader implements BlobReader {

  /** Reading over so much is cheaper than another call. */
  private static final long SKIP_BYTES = 1024 * 1024;

  private final Peer peer;
  private final String name;
  private final Digest digest;

  private @Nullable BlockingClientCall<?, ReadResponse> call;
  private ByteString pending = ByteString.EMPTY;

  /** Where {@link #pending} begins in the blob. */
  private long position;

  RemoteBlobReader(Peer peer, InstanceName instance, Digest digest) {
    this.peer = peer;
    this.name = new ResourceName.Blob(instance, Compressor.IDENTITY, digest).toString();
    this.digest = digest;
  }

  @Override
  public Digest digest() {
    return digest;
  }

  /** Waits until the peer has shown that it has the blob. */
  void awaitStart() {
    if (digest.isEmpty()) {
      drain();
    } else {
      fetch();
    }
  }

  @Override
  public int read(long at, ByteBuffer target) {
    int wanted = (int) Math.min(target.remaining(), digest.sizeBytes() - at);
    if (wanted <= 0) {
      return 0;
    }
    moveTo(at);
    for (int left = wanted; left > 0; ) {
      if (pending.isEmpty()) {
        fetch();
      }
      int length = Math.min(left, pending.size());
      pending.substring(0, length).copyTo(target);
      consume(length);
      left -= length;
    }
    if (position == digest.sizeBytes() && call != null) {
      drain();
    }
    return wanted;
  }

  /** The peer has the last word: it may find out only at the end that the bytes were no good. */
  private void drain() {
    for (ReadResponse message = attempt(); message != null; message = attempt()) {
      if (!message.getData().isEmpty()) {
        throw beyondItsEnd();
      }
    }
  }

  private void moveTo(long at) {
    long ahead = at - position;
    if (ahead < 0 || ahead > pending.size() + SKIP_BYTES) {
      close();
      position = at;
    }
    while (position < at) {
      if (pending.isEmpty()) {
        fetch();
      }
      consume((int) Math.min(at - position, pending.size()));
    }
  }

  private void consume(int length) {
    pending = pending.substring(length);
    position += length;
  }

  private void fetch() {
    while (pending.isEmpty()) {
      ReadResponse message = attempt();
      if (message == null) {
        throw new Failure.Corrupt(
            "blob %s ended after %d bytes".formatted(digest, position), /* cause= */ null);
      }
      if (message.getData().size() > digest.sizeBytes() - position) {
        throw beyondItsEnd();
      }
      pending = message.getData();
    }
  }

  private Failure beyondItsEnd() {
    return new Failure.Corrupt("blob " + digest + " goes on after its end", /* cause= */ null);
  }

  /** The next message, from a new Read if the one before broke off; null at the stream's end. */
  private @Nullable ReadResponse attempt() {
    return peer.attempts().<@Nullable ReadResponse>run(this::next, e -> Peer.failure(digest, e));
  }

  private @Nullable ReadResponse next() throws StatusException, InterruptedException {
    BlockingClientCall<?, ReadResponse> current = call;
    if (current == null) {
      current =
          peer.byteStream()
              .read(ReadRequest.newBuilder().setResourceName(name).setReadOffset(position).build());
      call = current;
    }
    try {
      ReadResponse message = current.read(peer.patience().toNanos(), TimeUnit.NANOSECONDS);
      if (message == null) {
        call = null;
      }
      return message;
    } catch (TimeoutException e) {
      close();
      throw Status.DEADLINE_EXCEEDED
          .withDescription("no data of " + digest + " for " + peer.patience())
          .withCause(e)
          .asException();
    } catch (StatusException | InterruptedException e) {
      close();
      throw e;
    }
  }

  /** Ends the call, if there is one; reading again would begin another. */
  @Override
  public void close() {
    pending = ByteString.EMPTY;
    BlockingClientCall<?, ReadResponse> current = call;
    if (current != null) {
      call = null;
      current.cancel("the reader is done", /* cause= */ null);
    }
  }
}
