package dev.millrace.grpc.bytestream;

import com.google.bytestream.WriteResponse;
import dev.millrace.failure.Failure;
import dev.millrace.failure.Failure.InvalidRequest;
import dev.millrace.grpc.bytestream.Resources.Resource;
import dev.millrace.grpc.incoming.IncomingWrite;
import io.grpc.stub.StreamObserver;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One Write call, from its first message to its answer. What is complete becomes so only when the
 * client has closed its side, since a message after {@code finish_write} still makes the whole call
 * invalid.
 */
final class WriteCall implements StreamObserver<IncomingWrite> {

  private static final Logger log = LoggerFactory.getLogger(WriteCall.class);

  private sealed interface State {
    /** Nothing has arrived yet. */
    record Unnamed() implements State {}

    /** The resource is known and takes data. */
    record Writing(String name, ByteStreamWrite write) implements State {}

    /** The client has said that nothing follows, but may break its word. */
    record Finishing(ByteStreamWrite write) implements State {}

    /** Answered or failed. The client may not know yet, and what it still sends is ignored. */
    record Ended() implements State {}
  }

  private final Resources resources;
  private final StreamObserver<WriteResponse> responses;
  private State state = new State.Unnamed();

  WriteCall(Resources resources, StreamObserver<WriteResponse> responses) {
    this.resources = resources;
    this.responses = responses;
  }

  @Override
  public void onNext(IncomingWrite request) {
    try {
      state =
          switch (state) {
            case State.Unnamed() -> receive(open(request), request);
            case State.Writing writing -> receive(sameResource(writing, request), request);
            case State.Finishing finishing ->
                throw new InvalidRequest("finish_write", "was set before, and a message followed");
            case State.Ended ended -> ended;
          };
    } catch (RuntimeException | Error thrown) {
      giveUp();
      throw thrown;
    }
  }

  @Override
  public void onCompleted() {
    try {
      switch (state) {
        case State.Unnamed() ->
            throw new InvalidRequest("resource_name", "is missing, as is every message");
        case State.Writing(String name, ByteStreamWrite write) -> answer(write, write.suspend());
        case State.Finishing(ByteStreamWrite write) -> answer(write, write.finish());
        case State.Ended() -> {}
      }
    } catch (RuntimeException | Error thrown) {
      giveUp();
      throw thrown;
    }
  }

  /** The client went away, or its deadline passed. */
  @Override
  public void onError(Throwable cancelled) {
    switch (state) {
      case State.Writing(String name, ByteStreamWrite write) -> suspend(write);
      case State.Finishing(ByteStreamWrite write) -> suspend(write);
      case State.Unnamed() -> {}
      case State.Ended() -> {}
    }
    state = new State.Ended();
  }

  private State.Writing open(IncomingWrite request) {
    Resource resource = resources.findWritable(request.resourceName());
    if (request.writeOffset() < 0) {
      throw new InvalidRequest("write_offset", "must not be negative, is " + request.writeOffset());
    }
    State.Writing writing =
        new State.Writing(
            request.resourceName(),
            resource.handler().write(resource.name(), request.writeOffset()));
    // From here on a failure has something to close.
    state = writing;
    return writing;
  }

  private static State.Writing sameResource(State.Writing writing, IncomingWrite request) {
    String name = request.resourceName();
    if (!name.isEmpty() && !name.equals(writing.name())) {
      throw new InvalidRequest(
          "resource_name", "changed from '%s' to '%s'".formatted(writing.name(), name));
    }
    return writing;
  }

  private State receive(State.Writing writing, IncomingWrite request) {
    ByteStreamWrite write = writing.write();
    OptionalLong settled = write.settled();
    if (settled.isPresent()) {
      return answer(write, settled.getAsLong());
    }
    if (request.writeOffset() != write.position()) {
      throw new InvalidRequest(
          "write_offset",
          "is %d where %d follows".formatted(request.writeOffset(), write.position()));
    }
    try (IncomingWrite.Lent data = request.content().take()) {
      write.append(data.parts());
    }
    return request.finishWrite() ? new State.Finishing(write) : writing;
  }

  private State answer(ByteStreamWrite write, long committedSize) {
    State ended = new State.Ended();
    state = ended;
    write.close();
    responses.onNext(WriteResponse.newBuilder().setCommittedSize(committedSize).build());
    responses.onCompleted();
    return ended;
  }

  private void giveUp() {
    State last = state;
    state = new State.Ended();
    switch (last) {
      case State.Writing(String name, ByteStreamWrite write) -> write.close();
      case State.Finishing(ByteStreamWrite write) -> write.close();
      case State.Unnamed() -> {}
      case State.Ended() -> {}
    }
  }

  private static void suspend(ByteStreamWrite write) {
    try (write) {
      write.suspend();
    } catch (Failure failure) {
      log.debug("An interrupted write is given up", failure);
    }
  }
}
