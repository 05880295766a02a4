package dev.millrace.worker.lease;

import com.google.devtools.remoteworkers.v1test2.BotSession;
import io.grpc.Status;
import java.time.Duration;

/** What can happen to a bot. Events come from any thread, and are dealt with by the bot's own. */
sealed interface BotEvent {

  /** The server answered a call. */
  record Answered(BotCall call, BotSession session) implements BotEvent {}

  /** A call failed. */
  record Failed(BotCall call, Status status) implements BotEvent {}

  /** A lease's thread has ended. */
  record LeaseEnded(HeldLease lease, LeaseResult result) implements BotEvent {}

  /** The worker is to end, after the grace period at the latest. */
  record Drain(Duration grace) implements BotEvent {}
}
