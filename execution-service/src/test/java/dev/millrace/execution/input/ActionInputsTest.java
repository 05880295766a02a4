package dev.millrace.execution.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import build.bazel.remote.execution.v2.Action;
import build.bazel.remote.execution.v2.Command;
import build.bazel.remote.execution.v2.Directory;
import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import dev.millrace.blobstore.Blobs;
import dev.millrace.blobstore.memory.MemoryBlobStore;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.digest.wire.Digests;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ActionInputsTest {

  private static final DigestFunction FUNCTION = DigestFunction.BLAKE3;

  private final MemoryBlobStore blobs = new MemoryBlobStore();
  private final ActionInputs inputs = new ActionInputs(blobs);

  private Digest store(MessageLite message) {
    return store(message.toByteString());
  }

  private Digest store(ByteString blob) {
    return Blobs.write(blobs, InstanceName.ROOT, FUNCTION, blob);
  }

  private static Digest absent(int number) {
    return FUNCTION.digestOf(("absent " + number).getBytes());
  }

  private Digest action(Digest root) {
    Command command = Command.newBuilder().addArguments("true").build();
    return store(
        Action.newBuilder()
            .setCommandDigest(Digests.toProto(store(command)))
            .setInputRootDigest(Digests.toProto(root))
            .build());
  }

  private static Directory.Builder withFile(Directory.Builder directory, Digest file) {
    directory.addFilesBuilder().setName("f" + file.hash()).setDigest(Digests.toProto(file));
    return directory;
  }

  private static Directory.Builder withDirectory(Directory.Builder directory, Digest child) {
    directory.addDirectoriesBuilder().setName("d" + child.hash()).setDigest(Digests.toProto(child));
    return directory;
  }

  @Test
  void aWholeTreeIsWalkedHoweverWideAndDeep() {
    List<Digest> expected = new ArrayList<>();
    Directory.Builder root = Directory.newBuilder();
    Digest chain = absent(0);
    expected.add(chain);
    for (int depth = 0; depth < 50; depth++) {
      chain = store(withDirectory(Directory.newBuilder(), chain).build());
    }
    withDirectory(root, chain);
    for (int i = 1; i <= 2_500; i++) {
      expected.add(absent(i));
      withDirectory(root, store(withFile(Directory.newBuilder(), absent(i)).build()));
    }

    assertThat(inputs.findMissing(InstanceName.ROOT, action(store(root.build()))))
        .containsExactlyInAnyOrderElementsOf(expected);
  }

  @Test
  void aFileWithTheContentOfADirectoryDoesNotHideIt() {
    Digest child = store(withFile(Directory.newBuilder(), absent(1)).build());
    Directory root =
        withDirectory(
                withFile(Directory.newBuilder(), child),
                store(withDirectory(Directory.newBuilder(), child).build()))
            .build();

    assertThat(inputs.findMissing(InstanceName.ROOT, action(store(root))))
        .containsExactly(absent(1));
  }

  @Test
  void emptyFilesAndDirectoriesAlwaysExist() {
    Digest empty = FUNCTION.digestOf(new byte[0]);
    Directory root = withDirectory(withFile(Directory.newBuilder(), empty), empty).build();

    assertThat(inputs.findMissing(InstanceName.ROOT, action(store(root)))).isEmpty();
    assertThat(inputs.require(InstanceName.ROOT, action(empty)).command().getArguments(0))
        .isEqualTo("true");
  }

  @Test
  void malformedMessagesAreTheRequestsFault() {
    Digest nonsense = store(ByteString.copyFrom(new byte[] {(byte) 0xff, (byte) 0xff}));
    Digest malformedDigest =
        store(Action.newBuilder().setInputRootDigest(Digests.toProto(absent(1))).build());

    for (Digest action : List.of(nonsense, malformedDigest, action(nonsense))) {
      assertThatThrownBy(() -> inputs.require(InstanceName.ROOT, action))
          .isInstanceOf(Failure.InvalidRequest.class);
    }
  }
}
