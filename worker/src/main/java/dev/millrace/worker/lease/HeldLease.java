package dev.millrace.worker.lease;

import build.bazel.remote.execution.v2.ExecutedActionMetadata;
import com.google.devtools.remoteworkers.v1test2.Lease;
import com.google.devtools.remoteworkers.v1test2.LeaseState;
import com.google.protobuf.Any;
import com.google.rpc.Code;
import com.google.rpc.Status;
import java.util.Optional;

/** A lease that the bot holds, and how far it is. Changed by the bot's own thread alone. */
final class HeldLease {

  /** How far a lease is. */
  sealed interface Stage {

    /** Taken, but there is no free slot. */
    record Waiting() implements Stage {}

    /** Being run by a thread, which stops if it is interrupted. */
    record Running(Thread thread) implements Stage {}

    /** Over; reported until the server lets go of it. */
    record Done(LeaseResult result) implements Stage {}

    /** Cancelled by the server; reported until it lets go of it. */
    record Cancelled() implements Stage {}
  }

  private final Lease offered;
  private Stage stage = new Stage.Waiting();
  private volatile ExecutedActionMetadata progress = ExecutedActionMetadata.getDefaultInstance();

  HeldLease(Lease offered) {
    this.offered = offered;
  }

  String id() {
    return offered.getId();
  }

  Lease offered() {
    return offered;
  }

  Stage stage() {
    return stage;
  }

  void become(Stage next) {
    stage = next;
  }

  /** Called by the thread that runs the lease. */
  void progressed(ExecutedActionMetadata metadata) {
    progress = metadata;
  }

  /** What is known of the action's times while it runs. */
  Optional<ExecutedActionMetadata> progress() {
    return stage instanceof Stage.Running
            && !progress.equals(ExecutedActionMetadata.getDefaultInstance())
        ? Optional.of(progress)
        : Optional.empty();
  }

  /** The lease as the server is told of it: as it was offered, with what has become of it. */
  Lease report() {
    Lease.Builder lease = offered.toBuilder();
    switch (stage) {
      case Stage.Waiting waiting -> lease.setState(LeaseState.PENDING);
      case Stage.Running running -> lease.setState(LeaseState.ACTIVE);
      case Stage.Done(LeaseResult result) -> {
        lease.setState(LeaseState.COMPLETED).setStatus(result.status());
        result.result().ifPresent(action -> lease.setResult(Any.pack(action)));
      }
      case Stage.Cancelled cancelled ->
          lease
              .setState(LeaseState.CANCELLED)
              .setStatus(Status.newBuilder().setCode(Code.CANCELLED_VALUE));
    }
    return lease.build();
  }
}
