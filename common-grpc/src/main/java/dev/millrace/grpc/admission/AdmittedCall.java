package dev.millrace.grpc.admission;

import com.google.protobuf.MessageLite;
import dev.millrace.failure.Failure;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A call that was let in, with all that it holds: its place, and its share of the budgets. Gives
 * them back when it is over. May be ended from here, after which its handler talks to nobody.
 *
 * <p>Handlers, the transport and the sweep meet here, so that what changes is under the call's
 * monitor. Nothing waits inside of it.
 */
public final class AdmittedCall<Q, R> extends SimpleForwardingServerCall<Q, R> {

  /** What each call may hold without being counted, so that most are not. */
  static final long FREE_BYTES = 8 * 1024;

  /** What it takes to keep track of one piece of a message, however small it is. */
  private static final long PIECE_BYTES = 192;

  private final Admission admission;
  private final @Nullable InboundBytes bytes;
  private final Pulse pulse = new Pulse();

  // Of the class, guarded by "this".
  private CallKind kind;
  private long unhandled;
  private long pieces;
  private long requestShare;
  private long answerShare;
  private boolean halfClosed;
  private boolean sent;
  private boolean closed;
  private boolean refused;
  private boolean ended;
  private boolean over;

  AdmittedCall(
      ServerCall<Q, R> call, CallKind kind, Admission admission, @Nullable InboundBytes bytes) {
    super(call);
    this.kind = kind;
    this.admission = admission;
    this.bytes = bytes;
  }

  /** Begins to be told of bytes, and to be looked after. */
  void begin() {
    admission.openCalls().add(this);
    if (bytes != null) {
      bytes.tell(this);
    }
  }

  /**
   * Says that the current call, whatever its method, waits for things to happen, as one that
   * follows a log does: its client may be silent for hours, and it takes no place from calls that
   * move content.
   *
   * @throws Failure.Exhausted if too many calls wait
   */
  public static void currentMayWait() {
    InboundBytes bytes = InboundBytes.current();
    AdmittedCall<?, ?> call = bytes == null ? null : bytes.call();
    if (call != null) {
      call.mayWait();
    }
  }

  private void mayWait() {
    if (kind() == CallKind.WAITING) {
      return;
    }
    if (!admission.gate(CallKind.WAITING).enter()) {
      throw new Failure.Exhausted(
          "too many waiting calls at once (millrace.grpc.admission.waiting-calls)");
    }
    CallKind left;
    synchronized (this) {
      // Who is over leaves by the old gate, and does not come back to leave by the new one.
      left = over ? CallKind.WAITING : kind;
      if (!over) {
        kind = CallKind.WAITING;
      }
    }
    admission.gate(left).leave();
  }

  synchronized CallKind kind() {
    return kind;
  }

  Pulse pulse() {
    return pulse;
  }

  /** Where the bytes of requests wait for room, if they can: between messages. */
  @Override
  public void request(int messages) {
    if (kind() == CallKind.UPLOAD) {
      admission.requests().awaitRoom(admission.patience());
    }
    super.request(messages);
  }

  /** How large the message is where there is only one, as far as the transport knows. */
  OptionalLong bytesOfOnlyMessage() {
    long read = bytes == null ? 0 : bytes.uncompressed();
    return read > 0 && getMethodDescriptor().getType().clientSendsOneMessage()
        ? OptionalLong.of(read)
        : OptionalLong.empty();
  }

  /** Some bytes of a message are here. Called by the transport, which must not wait. */
  void arrived(long count) {
    pulse.beat();
    if (!holds(count)) {
      Thread.startVirtualThread(() -> end(admission.tooManyBytes()));
    }
  }

  /** A whole message is here, and may turn out larger than on the wire. False if it is refused. */
  boolean received(long count) {
    pulse.begin();
    if (!holdsAtLeast(count)) {
      end(admission.tooManyBytes());
    }
    return !wasEnded();
  }

  /**
   * A message was handed over: of a stream it is done with, of a single one the handler follows.
   */
  void handled(long bytes) {
    if (!getMethodDescriptor().getType().clientSendsOneMessage()) {
      synchronized (this) {
        long before = Math.max(1, unhandled);
        unhandled = Math.max(0, unhandled - bytes);
        // Some of the next message may be here: pieces are taken to be of much the same size.
        pieces = pieces * unhandled / before;
        settleShare();
      }
    }
    pulse.end();
  }

  void halfClosed() {
    pulse.begin();
    synchronized (this) {
      halfClosed = true;
    }
  }

  void handledAll() {
    synchronized (this) {
      unhandled = 0;
      pieces = 0;
      settleShare();
    }
    pulse.end();
  }

  private synchronized boolean holds(long more) {
    unhandled += more;
    pieces++;
    return settleShare();
  }

  private synchronized boolean holdsAtLeast(long bytes) {
    unhandled = Math.max(unhandled, bytes);
    return settleShare();
  }

  /**
   * Takes or gives back what the difference is. Only taking can fail, and then all is given back at
   * once: while a refusal is on its way, others that are half there shall not be refused as well.
   */
  private boolean settleShare() {
    if (over || refused) {
      return true;
    }
    long counted = Math.max(0, unhandled - FREE_BYTES) * kind.weight();
    long due = counted + Math.max(0, pieces * PIECE_BYTES - FREE_BYTES) - requestShare;
    if (due > 0 && !admission.requests().tryTake(due)) {
      refused = true;
      due = -requestShare;
    }
    if (due < 0) {
      admission.requests().give(-due);
    }
    requestShare += due;
    return !refused;
  }

  @Override
  public synchronized void sendHeaders(Metadata headers) {
    if (!ended) {
      super.sendHeaders(headers);
    }
  }

  /** Downloads wait for their client before each message, and what one may leave is in the gate. */
  @Override
  public synchronized void sendMessage(R message) {
    if (ended) {
      return;
    }
    pulse.beat();
    sent = true;
    if (kind != CallKind.DOWNLOAD && message instanceof MessageLite lite) {
      takeAnswerShare(lite.getSerializedSize());
    }
    super.sendMessage(message);
    giveAnswerShare();
  }

  private void takeAnswerShare(long bytes) {
    if (bytes <= FREE_BYTES || over) {
      return;
    }
    if (!admission.answers().tryTake(bytes)) {
      throw new Failure.Exhausted(
          "too many answers wait for clients to take them (millrace.grpc.admission.answer-bytes)");
    }
    answerShare += bytes;
  }

  /** The client has taken nearly all that was sent. */
  void taken() {
    pulse.beat();
    giveAnswerShare();
  }

  /** Who is ready for more has next to nothing left to take. */
  private synchronized void giveAnswerShare() {
    if (answerShare > 0 && !closed && !over && super.isReady()) {
      admission.answers().give(answerShare);
      answerShare = 0;
    }
  }

  @Override
  public synchronized void close(Status status, Metadata trailers) {
    if (!closed) {
      closed = true;
      super.close(status, trailers);
    }
  }

  @Override
  public boolean isCancelled() {
    return wasEnded() || super.isCancelled();
  }

  synchronized boolean wasEnded() {
    return ended;
  }

  /** Whether nothing can happen before the client does something. */
  synchronized boolean waitsForClient() {
    if (closed) {
      return true;
    }
    if (pulse.isBusy()) {
      return false;
    }
    return switch (kind) {
      case UPLOAD, BATCH, QUICK, HEALTH -> !halfClosed;
      case DOWNLOAD -> !halfClosed || !super.isReady();
      // A stream of requests may be silent; one request has to come.
      case WAITING ->
          (!halfClosed && getMethodDescriptor().getType().clientSendsOneMessage())
              || (sent && !super.isReady());
    };
  }

  /**
   * Ends the call with an answer, or, where the client does not even take that, by resetting its
   * stream, which drops whatever the transport still holds of it.
   */
  void end(Refusal answer) {
    synchronized (this) {
      if (!closed) {
        ended = true;
        closed = true;
        super.close(answer.status(), answer.ownTrailers());
        return;
      }
    }
    if (bytes != null) {
      bytes.reset("the client did not take its answer");
    }
  }

  /** Gives everything back, once. */
  void over() {
    Gate gate;
    synchronized (this) {
      if (over) {
        return;
      }
      over = true;
      gate = admission.gate(kind);
    }
    // Nobody changes the shares of a call that is over.
    admission.requests().give(requestShare);
    admission.answers().give(answerShare);
    gate.leave();
    admission.openCalls().remove(this);
  }
}
