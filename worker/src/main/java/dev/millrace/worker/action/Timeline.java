package dev.millrace.worker.action;

import build.bazel.remote.execution.v2.ExecutedActionMetadata;
import com.google.protobuf.Timestamp;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** Notes when an action got where, and passes that on. */
final class Timeline {

  private final Clock clock;
  private final Consumer<ExecutedActionMetadata> progress;
  private final ExecutedActionMetadata.Builder metadata;
  private Instant executionStart = Instant.EPOCH;

  Timeline(String worker, Clock clock, Consumer<ExecutedActionMetadata> progress) {
    this.clock = clock;
    this.progress = progress;
    this.metadata = ExecutedActionMetadata.newBuilder().setWorker(worker);
    mark(ExecutedActionMetadata.Builder::setWorkerStartTimestamp);
  }

  void inputFetchStarts() {
    mark(ExecutedActionMetadata.Builder::setInputFetchStartTimestamp);
  }

  void inputFetchEnds() {
    mark(ExecutedActionMetadata.Builder::setInputFetchCompletedTimestamp);
  }

  void executionStarts() {
    executionStart = mark(ExecutedActionMetadata.Builder::setExecutionStartTimestamp);
  }

  void executionEnds() {
    Instant end = mark(ExecutedActionMetadata.Builder::setExecutionCompletedTimestamp);
    // The command has the processor's time as the clock has it: nothing here suspends it.
    Duration taken = Duration.between(executionStart, end);
    metadata.setVirtualExecutionDuration(
        com.google.protobuf.Duration.newBuilder()
            .setSeconds(taken.getSeconds())
            .setNanos(taken.getNano()));
  }

  void outputUploadStarts() {
    mark(ExecutedActionMetadata.Builder::setOutputUploadStartTimestamp);
  }

  void outputUploadEnds() {
    mark(ExecutedActionMetadata.Builder::setOutputUploadCompletedTimestamp);
  }

  /** Everything noted, with now as the end. */
  ExecutedActionMetadata complete() {
    mark(ExecutedActionMetadata.Builder::setWorkerCompletedTimestamp);
    return metadata.build();
  }

  private Instant mark(BiConsumer<ExecutedActionMetadata.Builder, Timestamp> field) {
    Instant now = clock.instant();
    field.accept(
        metadata,
        Timestamp.newBuilder().setSeconds(now.getEpochSecond()).setNanos(now.getNano()).build());
    progress.accept(metadata.build());
    return now;
  }
}
