package dev.millrace.cas.tree;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import build.bazel.remote.execution.v2.Directory;
import dev.millrace.blobstore.Blobs;
import dev.millrace.blobstore.memory.MemoryBlobStore;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import org.junit.jupiter.api.Test;

/** What a walk holds, whatever the tree says. */
final class TreeWalkTest {

  private final MemoryBlobStore store = new MemoryBlobStore();

  @Test
  void aTreeThatNamesMoreDirectoriesThanCanBeRememberedIsRefused() {
    Digest root = rootWithAbsentChildren(99);
    assertThat(walk(root).next()).isPresent();
    TreeWalk tooLarge = walk(rootWithAbsentChildren(100));
    assertThatThrownBy(tooLarge::next).isInstanceOf(Failure.Exhausted.class);
  }

  private TreeWalk walk(Digest root) {
    return new TreeWalk(store, InstanceName.ROOT, root, 100);
  }

  private Digest rootWithAbsentChildren(int count) {
    Directory.Builder root = Directory.newBuilder();
    for (int i = 0; i < count; i++) {
      root.addDirectoriesBuilder()
          .setName("d" + i)
          .getDigestBuilder()
          .setHash("%064x".formatted(i + 1))
          .setSizeBytes(7);
    }
    return Blobs.write(
        store, InstanceName.ROOT, DigestFunction.SHA256, root.build().toByteString());
  }
}
