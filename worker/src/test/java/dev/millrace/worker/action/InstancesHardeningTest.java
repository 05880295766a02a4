package dev.millrace.worker.action;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import build.bazel.remote.execution.v2.Action;
import dev.millrace.blobstore.Blobs;
import dev.millrace.digest.Digest;
import dev.millrace.digest.wire.Digests;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import dev.millrace.worker.process.PlainProcess;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One worker, several instances: none gets at what another has brought here. */
final class InstancesHardeningTest {

  private static final InstanceName OTHER = new InstanceName("team/other");

  @TempDir Path directory;

  @Test
  void whatOneInstanceHasCachedIsNotThereForAnother() throws Exception {
    try (ActionFixture fixture = new ActionFixture(directory, new PlainProcess())) {
      var command = ActionFixture.shell("cat secret").build();
      Action action =
          fixture.action(command.toBuilder(), fixture.tree(Map.of("secret", "of the project")));
      ActionOutcome own = fixture.run(action);
      // The other instance knows the digests, and has the command, but not the input.
      Digest known =
          Blobs.write(fixture.store, OTHER, ActionFixture.FUNCTION, action.toByteString());
      Digest unused =
          Blobs.write(fixture.store, OTHER, ActionFixture.FUNCTION, command.toByteString());

      assertThat(fixture.text(own.result().getStdoutDigest())).isEqualTo("of the project");
      assertThatThrownBy(
              () -> fixture.runner.run(new ActionOrder.Stored(OTHER, known), progress -> {}))
          .isInstanceOfSatisfying(
              Failure.BlobsMissing.class,
              missing ->
                  assertThat(missing.digests())
                      .contains(
                          Digests.fromProto(
                              action.getInputRootDigest(), ActionFixture.FUNCTION, "root")));
    }
  }

  @Test
  void outputsAreStoredUnderTheInstanceOfTheAction() throws Exception {
    try (ActionFixture fixture = new ActionFixture(directory, new PlainProcess())) {
      var command = ActionFixture.shell("echo hello").build();
      Action action =
          Action.newBuilder()
              .setCommandDigest(
                  Digests.toProto(
                      Blobs.write(
                          fixture.store, OTHER, ActionFixture.FUNCTION, command.toByteString())))
              .setInputRootDigest(Digests.toProto(ActionFixture.FUNCTION.digestOf(new byte[0])))
              .build();

      ActionOutcome outcome =
          fixture.runner.run(
              new ActionOrder.Inline(OTHER, action, ActionFixture.FUNCTION), progress -> {});

      Digest stdout =
          Digests.fromProto(outcome.result().getStdoutDigest(), ActionFixture.FUNCTION, "stdout");
      assertThat(Blobs.read(fixture.store, OTHER, stdout, 100).toStringUtf8()).isEqualTo("hello\n");
      assertThatThrownBy(() -> Blobs.read(fixture.store, ActionFixture.INSTANCE, stdout, 100))
          .isInstanceOf(Failure.BlobAbsent.class);
    }
  }
}
