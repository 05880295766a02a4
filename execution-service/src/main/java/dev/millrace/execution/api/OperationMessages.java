package dev.millrace.execution.api;

import build.bazel.remote.execution.v2.ExecuteOperationMetadata;
import build.bazel.remote.execution.v2.ExecuteResponse;
import build.bazel.remote.execution.v2.ExecutedActionMetadata;
import build.bazel.remote.execution.v2.ExecutionStage;
import com.google.longrunning.Operation;
import com.google.protobuf.Any;
import com.google.protobuf.Timestamp;
import com.google.rpc.LocalizedMessage;
import dev.millrace.actioncache.inlining.ResultInlining;
import dev.millrace.digest.wire.Digests;
import dev.millrace.execution.operation.OperationState.Completed;
import dev.millrace.execution.operation.OperationState.Executing;
import dev.millrace.execution.operation.OperationState.Queued;
import dev.millrace.execution.operation.OperationState.Racing;
import dev.millrace.execution.scheduling.Prospect;
import dev.millrace.execution.store.OperationSnapshot;
import dev.millrace.execution.store.OperationStore;
import dev.millrace.execution.store.SessionStore;
import java.time.Instant;

/**
 * Operations as clients see them. Why one waits is part of its metadata, as a LocalizedMessage
 * among the auxiliary ones; contents of outputs are put in as the caller wished.
 */
public final class OperationMessages {

  private final OperationStore operations;
  private final SessionStore sessions;
  private final ResultInlining inlining;

  public OperationMessages(
      OperationStore operations, SessionStore sessions, ResultInlining inlining) {
    this.operations = operations;
    this.sessions = sessions;
    this.inlining = inlining;
  }

  Operation of(OperationSnapshot snapshot) {
    Operation.Builder operation = Operation.newBuilder().setName(snapshot.name().toString());
    return switch (snapshot.state()) {
      case Queued queued ->
          operation
              .setMetadata(metadata(snapshot, ExecutionStage.Value.QUEUED, waiting(snapshot)))
              .build();
      case Executing executing -> executing(snapshot);
      case Racing racing -> executing(snapshot);
      case Completed(int attempts, ExecuteResponse response) ->
          operation
              .setMetadata(
                  metadata(
                      snapshot,
                      ExecutionStage.Value.COMPLETED,
                      response.getResult().getExecutionMetadata()))
              .setDone(true)
              .setResponse(Any.pack(inlined(snapshot, response)))
              .build();
    };
  }

  /** The operation while a worker has it, whatever became of it since. */
  Operation executing(OperationSnapshot snapshot) {
    ExecutedActionMetadata known =
        snapshot.task().partialMetadata().toBuilder()
            .setQueuedTimestamp(timestamp(snapshot.task().queuedAt()))
            .build();
    return Operation.newBuilder()
        .setName(snapshot.name().toString())
        .setMetadata(metadata(snapshot, ExecutionStage.Value.EXECUTING, known))
        .build();
  }

  /** The operation while it waited, whatever became of it since. */
  Operation queued(OperationSnapshot snapshot) {
    ExecutedActionMetadata known =
        ExecutedActionMetadata.newBuilder()
            .setQueuedTimestamp(timestamp(snapshot.task().queuedAt()))
            .build();
    return Operation.newBuilder()
        .setName(snapshot.name().toString())
        .setMetadata(metadata(snapshot, ExecutionStage.Value.QUEUED, known))
        .build();
  }

  private ExecutedActionMetadata waiting(OperationSnapshot snapshot) {
    ExecutedActionMetadata.Builder known =
        ExecutedActionMetadata.newBuilder()
            .setQueuedTimestamp(timestamp(snapshot.task().queuedAt()));
    Prospect prospect =
        Prospect.of(
            snapshot.task().instance(), operations.requirements(snapshot.task()), sessions.known());
    switch (prospect) {
      case Prospect.Served served -> {}
      case Prospect.Waiting(String reason) -> known.addAuxiliaryMetadata(reason(reason));
      // Workers that could have run it are forgotten by now.
      case Prospect.Hopeless hopeless -> known.addAuxiliaryMetadata(reason(hopeless.reason()));
    }
    return known.build();
  }

  private static Any reason(String text) {
    return Any.pack(LocalizedMessage.newBuilder().setLocale("en").setMessage(text).build());
  }

  private static Any metadata(
      OperationSnapshot snapshot, ExecutionStage.Value stage, ExecutedActionMetadata known) {
    return Any.pack(
        ExecuteOperationMetadata.newBuilder()
            .setStage(stage)
            .setActionDigest(Digests.toProto(snapshot.task().action()))
            .setDigestFunction(Digests.toProto(snapshot.task().action().function()))
            .setPartialExecutionMetadata(known)
            .build());
  }

  private ExecuteResponse inlined(OperationSnapshot snapshot, ExecuteResponse response) {
    if (!response.hasResult()) {
      return response;
    }
    return response.toBuilder()
        .setResult(
            inlining.inline(
                snapshot.task().instance(),
                snapshot.task().action().function(),
                response.getResult(),
                snapshot.wishes()))
        .build();
  }

  private static Timestamp timestamp(Instant instant) {
    return Timestamp.newBuilder()
        .setSeconds(instant.getEpochSecond())
        .setNanos(instant.getNano())
        .build();
  }
}
