package dev.millrace.worker.action;

import build.bazel.remote.execution.v2.Action;
import build.bazel.remote.execution.v2.ActionResult;
import build.bazel.remote.execution.v2.Command;
import build.bazel.remote.execution.v2.ExecutedActionMetadata;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.digest.wire.Digests;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import dev.millrace.worker.filecache.Placement;
import dev.millrace.worker.input.BuiltInputs;
import dev.millrace.worker.input.InputRootBuilder;
import dev.millrace.worker.output.OutputCollector;
import dev.millrace.worker.output.OutputFiles;
import dev.millrace.worker.output.OutputPaths;
import dev.millrace.worker.output.OutputUploader;
import dev.millrace.worker.process.Launch;
import dev.millrace.worker.process.Limits;
import dev.millrace.worker.process.Logs;
import dev.millrace.worker.process.Outcome;
import dev.millrace.worker.process.ProcessRunner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs an action on this machine, from reading its messages to storing its outputs. */
public final class SandboxedActionRunner implements ActionRunner {

  private static final Logger log = LoggerFactory.getLogger(SandboxedActionRunner.class);

  /** As a shell reports a process that was killed. */
  private static final int KILLED = 128 + 9;

  private final ActionMessages messages;
  private final InputRootBuilder inputs;
  private final ProcessRunner processes;
  private final OutputUploader uploader;
  private final Workspaces workspaces;
  private final RunnerSettings settings;
  private final Clock clock;

  public SandboxedActionRunner(
      BlobStore store,
      InputRootBuilder inputs,
      ProcessRunner processes,
      Workspaces workspaces,
      RunnerSettings settings,
      Clock clock) {
    this.messages = new ActionMessages(store);
    this.inputs = inputs;
    this.processes = processes;
    this.uploader = new OutputUploader(store);
    this.workspaces = workspaces;
    this.settings = settings;
    this.clock = clock;
  }

  @Override
  public ActionOutcome run(ActionOrder order, Consumer<ExecutedActionMetadata> progress)
      throws InterruptedException {
    Timeline timeline = new Timeline(settings.worker(), clock, progress);
    timeline.inputFetchStarts();
    Action action = messages.action(order);
    Command command = messages.command(order.instance(), action, order.function());
    Run run = new Run(order.instance(), action, command, order.function(), timeline);
    Optional<ActionOutcome> outcome = attempt(run, settings.placement());
    if (outcome.isPresent()) {
      return outcome.get();
    }
    log.info("an input was written to while an action ran; it runs again on copies");
    return attempt(run, Placement.COPY)
        .orElseThrow(() -> new IllegalStateException("copied inputs are shared with nobody"));
  }

  private record Run(
      InstanceName instance,
      Action action,
      Command command,
      DigestFunction function,
      Timeline timeline) {}

  /** Runs the action once; nothing if what came of it cannot be trusted. */
  private Optional<ActionOutcome> attempt(Run run, Placement placement)
      throws InterruptedException {
    try (Workspace workspace = workspaces.create()) {
      run.timeline().inputFetchStarts();
      OutputPaths outputs = OutputPaths.of(run.command(), workspace.root());
      Digest tree =
          Digests.fromProto(run.action().getInputRootDigest(), run.function(), "input_root_digest");
      BuiltInputs built = inputs.build(run.instance(), tree, workspace.root(), placement);
      outputs.makeParents();
      Launch launch = CommandLaunch.of(run.command(), workspace, outputs.workingDirectory());
      run.timeline().inputFetchEnds();

      Duration timeout = timeout(run.action());
      Logs logs = new Logs(workspace.stdout(), workspace.stderr());
      run.timeline().executionStarts();
      Outcome outcome = processes.run(launch, logs, new Limits(timeout, settings.maxLogBytes()));
      run.timeline().executionEnds();
      if (built.wereWrittenTo()) {
        return Optional.empty();
      }

      run.timeline().outputUploadStarts();
      ActionResult.Builder result = store(run, outputs, workspace);
      run.timeline().outputUploadEnds();
      result.setExecutionMetadata(run.timeline().complete());
      return Optional.of(
          switch (outcome) {
            case Outcome.Exited(int code) ->
                new ActionOutcome.Finished(result.setExitCode(code).build());
            case Outcome.TimedOut() ->
                new ActionOutcome.TimedOut(
                    result.setExitCode(KILLED).build(),
                    "the action did not end within its time-out of " + timeout);
            case Outcome.PrintedTooMuch() ->
                new ActionOutcome.OverLimit(
                    result.setExitCode(KILLED).build(),
                    "the action printed more than %d bytes to stdout or stderr"
                        .formatted(settings.maxLogBytes()));
          });
    }
  }

  private ActionResult.Builder store(Run run, OutputPaths outputs, Workspace workspace) {
    OutputFiles files = new OutputFiles(run.function());
    ActionResult.Builder result = ActionResult.newBuilder();
    new OutputCollector(run.command(), run.function(), files).collect(outputs, result);
    log(files, workspace.stdout()).ifPresent(result::setStdoutDigest);
    log(files, workspace.stderr()).ifPresent(result::setStderrDigest);
    uploader.upload(run.instance(), files);
    return result;
  }

  private static Optional<build.bazel.remote.execution.v2.Digest> log(
      OutputFiles files, Path file) {
    try {
      return Files.size(file) == 0
          ? Optional.empty()
          : Optional.of(Digests.toProto(files.add(file)));
    } catch (IOException e) {
      throw new Failure.Unavailable("cannot read the log of an action", e);
    }
  }

  private Duration timeout(Action action) {
    if (!action.hasTimeout()) {
      return settings.defaultTimeout();
    }
    Duration timeout =
        Duration.ofSeconds(action.getTimeout().getSeconds(), action.getTimeout().getNanos());
    if (timeout.isNegative()) {
      throw new Failure.InvalidRequest("action.timeout", "is negative: " + timeout);
    }
    return timeout.isZero() ? settings.defaultTimeout() : timeout;
  }
}
