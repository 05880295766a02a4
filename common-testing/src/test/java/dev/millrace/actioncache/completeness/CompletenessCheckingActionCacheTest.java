package dev.millrace.actioncache.completeness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import build.bazel.remote.execution.v2.ActionResult;
import build.bazel.remote.execution.v2.Directory;
import build.bazel.remote.execution.v2.Tree;
import com.google.protobuf.ByteString;
import dev.millrace.action.Provenance;
import dev.millrace.actioncache.ActionCache;
import dev.millrace.actioncache.memory.MemoryActionCache;
import dev.millrace.blobstore.Blobs;
import dev.millrace.blobstore.memory.MemoryBlobStore;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.digest.wire.Digests;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import dev.millrace.testing.ActionCacheContract;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class CompletenessCheckingActionCacheTest extends ActionCacheContract {

  private static final InstanceName INSTANCE = new InstanceName("team");
  private static final Digest ACTION = DigestFunction.SHA256.digestOf(new byte[] {1});
  private static final long LIMIT = 10_000;

  private final MemoryBlobStore blobs = new MemoryBlobStore();
  private final MemoryActionCache delegate = new MemoryActionCache();
  private final ActionCache cache = new CompletenessCheckingActionCache(delegate, blobs, LIMIT);

  @Override
  protected ActionCache cache() {
    return cache;
  }

  @Test
  void aResultIsAHitOnlyAsLongAsEveryBlobOfItExists() {
    Everything everything = new Everything();
    cache.put(INSTANCE, ACTION, everything.result, Provenance.UNKNOWN);
    assertThat(cache.get(INSTANCE, ACTION)).contains(everything.result);
    assertThat(everything.blobs).hasSize(10);
    for (Digest blob : everything.blobs) {
      ByteString content = Blobs.read(blobs, INSTANCE, blob, 10_000);
      blobs.drop(INSTANCE, blob);
      assertThat(cache.get(INSTANCE, ACTION)).as("without %s", blob).isEmpty();
      Blobs.write(blobs, INSTANCE, blob, content);
    }
    assertThat(cache.get(INSTANCE, ACTION)).contains(everything.result);
  }

  @Test
  void putNamesEveryMissingBlobAtOnceAndStoresNothing() {
    Everything everything = new Everything();
    List<Digest> dropped = List.of(everything.file, everything.treeFile, everything.deepFile);
    dropped.forEach(blob -> blobs.drop(INSTANCE, blob));
    assertThatThrownBy(() -> cache.put(INSTANCE, ACTION, everything.result, Provenance.UNKNOWN))
        .isInstanceOfSatisfying(
            Failure.BlobsMissing.class,
            f -> assertThat(f.digests()).containsExactlyInAnyOrderElementsOf(dropped));
    assertThat(delegate.get(INSTANCE, ACTION)).isEmpty();
  }

  @Test
  void blobsOfAnotherInstanceDoNotCount() {
    Everything everything = new Everything();
    delegate.put(new InstanceName("other"), ACTION, everything.result, Provenance.UNKNOWN);
    assertThat(cache.get(new InstanceName("other"), ACTION)).isEmpty();
  }

  @Test
  void treesBeyondTheLimitAreNeitherTakenNorServed() {
    Digest large = new Digest(DigestFunction.SHA256, ACTION.hash(), LIMIT + 1);
    ActionResult result = withTree(large);
    assertThatThrownBy(() -> cache.put(INSTANCE, ACTION, result, Provenance.UNKNOWN))
        .isInstanceOf(Failure.Exhausted.class);
    delegate.put(INSTANCE, ACTION, result, Provenance.UNKNOWN);
    assertThat(cache.get(INSTANCE, ACTION)).isEmpty();
  }

  @Test
  void aTreeThatIsNoneIsNeitherTakenNorServed() {
    Digest garbage = write(ByteString.copyFromUtf8("\u0007\u0007\u0007"));
    ActionResult result = withTree(garbage);
    assertThatThrownBy(() -> cache.put(INSTANCE, ACTION, result, Provenance.UNKNOWN))
        .isInstanceOf(Failure.InvalidRequest.class)
        .hasMessageContaining("is not a Tree");
    delegate.put(INSTANCE, ACTION, result, Provenance.UNKNOWN);
    assertThat(cache.get(INSTANCE, ACTION)).isEmpty();
  }

  @Test
  void aMalformedDigestIsNamedByItsField() {
    ActionResult.Builder result = ActionResult.newBuilder();
    result.addOutputFilesBuilder().setPath("a").getDigestBuilder().setHash("no hash");
    assertThatThrownBy(() -> cache.put(INSTANCE, ACTION, result.build(), Provenance.UNKNOWN))
        .isInstanceOfSatisfying(
            Failure.InvalidRequest.class,
            f -> assertThat(f.field()).contains("output_files[0].digest"));
  }

  @Test
  void aDirectoryBelowManyParentsIsFollowedOnce() {
    // Each level names the one below twice: following every path would take 2^40 steps.
    Digest directory = write(Directory.getDefaultInstance().toByteString());
    for (int level = 0; level < 40; level++) {
      Directory.Builder parent = Directory.newBuilder();
      parent.addDirectoriesBuilder().setName("a").setDigest(Digests.toProto(directory));
      parent.addDirectoriesBuilder().setName("b").setDigest(Digests.toProto(directory));
      directory = write(parent.build().toByteString());
    }
    ActionResult.Builder result = ActionResult.newBuilder();
    result.addOutputDirectoriesBuilder().setRootDirectoryDigest(Digests.toProto(directory));
    cache.put(INSTANCE, ACTION, result.build(), Provenance.UNKNOWN);
    assertThat(cache.get(INSTANCE, ACTION)).isPresent();
  }

  private static ActionResult withTree(Digest tree) {
    ActionResult.Builder result = ActionResult.newBuilder();
    result.addOutputDirectoriesBuilder().setPath("d").setTreeDigest(Digests.toProto(tree));
    return result.build();
  }

  private Digest write(ByteString content) {
    return Blobs.write(blobs, INSTANCE, DigestFunction.SHA256, content);
  }

  /** A result that refers to blobs in every way there is. */
  private final class Everything {
    final List<Digest> blobs = new ArrayList<>();
    final Digest file = add("a file");
    final Digest treeFile = add("a file of a tree");
    final Digest deepFile = add("a file of a directory of a directory");
    final ActionResult result;

    Everything() {
      Digest childFile = add("a file of a tree's child");
      Digest stdout = add("standard output");
      Digest stderr = add("standard error");
      Digest rootFile = add("a file of a root directory");
      Tree.Builder tree = Tree.newBuilder();
      tree.getRootBuilder().addFilesBuilder().setDigest(Digests.toProto(treeFile));
      tree.addChildrenBuilder().addFilesBuilder().setDigest(Digests.toProto(childFile));
      Directory.Builder child = Directory.newBuilder();
      child.addFilesBuilder().setDigest(Digests.toProto(deepFile));
      Directory.Builder root = Directory.newBuilder();
      root.addFilesBuilder().setDigest(Digests.toProto(rootFile));
      root.addDirectoriesBuilder().setDigest(Digests.toProto(add(child.build().toByteString())));
      ActionResult.Builder builder =
          ActionResult.newBuilder()
              .setStdoutDigest(Digests.toProto(stdout))
              .setStderrDigest(Digests.toProto(stderr));
      builder.addOutputFilesBuilder().setPath("f").setDigest(Digests.toProto(file));
      builder
          .addOutputDirectoriesBuilder()
          .setTreeDigest(Digests.toProto(add(tree.build().toByteString())))
          .setRootDirectoryDigest(Digests.toProto(add(root.build().toByteString())));
      result = builder.build();
    }

    private Digest add(String content) {
      return add(ByteString.copyFromUtf8(content));
    }

    private Digest add(ByteString content) {
      Digest digest = write(content);
      blobs.add(digest);
      return digest;
    }
  }

  @Test
  void whatIsMissingIsFoundInOneLook() {
    List<Set<Digest>> looks = new ArrayList<>();
    Everything everything = new Everything();
    ActionCache watched =
        new CompletenessCheckingActionCache(delegate, new CountingBlobStore(blobs, looks), LIMIT);
    watched.put(INSTANCE, ACTION, everything.result, Provenance.UNKNOWN);
    assertThat(looks).hasSize(1);
    assertThat(looks.getFirst()).containsExactlyInAnyOrderElementsOf(everything.blobs);
  }
}
