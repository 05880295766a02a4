package dev.millrace.actioncache.inlining;

import static org.assertj.core.api.Assertions.assertThat;

import build.bazel.remote.execution.v2.ActionResult;
import com.google.protobuf.ByteString;
import dev.millrace.blobstore.Blobs;
import dev.millrace.blobstore.memory.MemoryBlobStore;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.digest.wire.Digests;
import dev.millrace.instance.InstanceName;
import dev.millrace.testing.RandomBlobs;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ResultInliningTest {

  private static final InstanceName INSTANCE = new InstanceName("team");

  private final RandomBlobs random = RandomBlobs.seeded();
  private final MemoryBlobStore blobs = new MemoryBlobStore();
  private final ByteString stdout = random.next(1000);
  private final ByteString stderr = random.next(1500);
  private final ByteString file = random.next(700);
  private final ActionResult result =
      ActionResult.newBuilder()
          .setStdoutDigest(Digests.toProto(write(stdout)))
          .setStderrDigest(Digests.toProto(write(stderr)))
          .addOutputFiles(
              build.bazel.remote.execution.v2.OutputFile.newBuilder()
                  .setPath("out/a")
                  .setDigest(Digests.toProto(write(file))))
          .build();

  @Test
  void whatIsWishedForIsInlined() {
    ActionResult inlined =
        inline(100_000, InliningWishes.of(true, true, List.of("out/a", "out/none")));
    assertThat(inlined.getStdoutRaw()).isEqualTo(stdout);
    assertThat(inlined.getStderrRaw()).isEqualTo(stderr);
    assertThat(inlined.getOutputFiles(0).getContents()).isEqualTo(file);
    assertThat(inlined.getStdoutDigest()).isEqualTo(result.getStdoutDigest());
  }

  @Test
  void whatIsNotWishedForIsNot() {
    assertThat(inline(100_000, InliningWishes.NONE)).isEqualTo(result);
    ActionResult inlined = inline(100_000, InliningWishes.of(false, true, List.of()));
    assertThat(inlined).isEqualTo(result.toBuilder().setStderrRaw(stderr).build());
  }

  @Test
  void streamsGoBeforeFilesAndWhatDoesNotFitIsLeftOut() {
    int bare = result.getSerializedSize();
    InliningWishes all = InliningWishes.of(true, true, List.of("out/a"));
    for (int room = 0; room < 3500; room += 50) {
      ActionResult inlined = inline(bare + room, all);
      assertThat(inlined.getSerializedSize()).isLessThanOrEqualTo(bare + room);
    }
    ActionResult part = inline(bare + 1800, all);
    assertThat(part.getStdoutRaw()).isEqualTo(stdout);
    assertThat(part.getStderrRaw().isEmpty()).isTrue();
    assertThat(part.getOutputFiles(0).getContents()).isEqualTo(file);
  }

  @Test
  void aBlobThatIsGoneIsLeftToItsDigest() {
    blobs.drop(INSTANCE, DigestFunction.SHA256.digestOf(stdout.toByteArray()));
    ActionResult inlined = inline(100_000, InliningWishes.of(true, true, List.of()));
    assertThat(inlined.getStdoutRaw().isEmpty()).isTrue();
    assertThat(inlined.getStderrRaw()).isEqualTo(stderr);
  }

  @Test
  void contentsThatADigestNamesTooAreNotKept() {
    ActionResult.Builder sent = result.toBuilder().setStdoutRaw(ByteString.copyFromUtf8("other"));
    sent.getOutputFilesBuilder(0).setContents(ByteString.copyFromUtf8("other"));
    assertThat(ResultInlining.strip(sent.build())).isEqualTo(result);
    assertThat(ResultInlining.strip(sent.clearStdoutDigest().build()).getStdoutRaw())
        .isEqualTo(ByteString.copyFromUtf8("other"));
  }

  private ActionResult inline(int maxMessageBytes, InliningWishes wishes) {
    return new ResultInlining(blobs, maxMessageBytes)
        .inline(INSTANCE, DigestFunction.SHA256, result, wishes);
  }

  private Digest write(ByteString content) {
    return Blobs.write(blobs, INSTANCE, DigestFunction.SHA256, content);
  }
}
