package dev.millrace.cas.api;

import static dev.millrace.cas.api.Cas.fails;
import static io.grpc.Status.Code.INVALID_ARGUMENT;
import static io.grpc.Status.Code.NOT_FOUND;
import static org.assertj.core.api.Assertions.assertThat;

import build.bazel.remote.execution.v2.Directory;
import build.bazel.remote.execution.v2.GetTreeRequest;
import build.bazel.remote.execution.v2.GetTreeResponse;
import com.google.protobuf.ByteString;
import dev.millrace.cas.backend.BackendKind;
import dev.millrace.cas.backend.OnEveryBackend;
import dev.millrace.cas.tree.TreeWalk;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.digest.wire.Digests;
import dev.millrace.testing.RandomBlobs;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What GetTree promises. */
@OnEveryBackend
final class GetTreeTest {

  private final RandomBlobs random = RandomBlobs.seeded();
  private final Cas cas;

  GetTreeTest(BackendKind kind) {
    cas = new Cas(kind.make());
  }

  @AfterEach
  void close() throws InterruptedException {
    cas.close();
  }

  @Test
  void theRootComesFirstAndSharedSubtreesOnce() {
    Directory leaf = file("leaf");
    Directory left = parent(leaf);
    Directory right = file("right").toBuilder().mergeFrom(parent(leaf)).build();
    Directory root = parent(left, right, leaf);
    store(leaf, left, right, root);
    assertThat(tree(root, 0)).containsExactly(root, left, right, leaf);
  }

  @Test
  void theEmptyDirectoryIsATree() {
    assertThat(tree(Directory.getDefaultInstance(), 0))
        .containsExactly(Directory.getDefaultInstance());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7, 1000, Integer.MAX_VALUE})
  void pagesAreNoLongerThanAskedForAndCompleteTogether(int size) {
    Directory root = largeTree();
    List<GetTreeResponse> pages = pages(root, size, "");
    assertThat(pages).allSatisfy(p -> assertThat(p.getDirectoriesCount()).isBetween(1, size));
    assertThat(directories(pages)).hasSize(111).doesNotHaveDuplicates().startsWith(root);
    assertThat(pages.getLast().getNextPageToken()).isEmpty();
  }

  @Test
  void everyTokenGoesOnWhereItsPageEndedEvenOnAnotherServer() {
    Directory root = largeTree();
    List<Directory> all = tree(root, 0);
    int sent = 0;
    for (GetTreeResponse page : pages(root, 10, "")) {
      sent += page.getDirectoriesCount();
      if (!page.getNextPageToken().isEmpty()) {
        assertThat(directories(pages(root, 50, page.getNextPageToken())))
            .isEqualTo(all.subList(sent, all.size()));
      }
    }
    assertThat(sent).isEqualTo(111);
  }

  @Test
  void tokensSurviveARestart() {
    Directory root = largeTree();
    List<Directory> all = tree(root, 0);
    GetTreeResponse first = pages(root, 10, "").getFirst();
    cas.restart();
    assertThat(directories(pages(root, 50, first.getNextPageToken())))
        .isEqualTo(all.subList(first.getDirectoriesCount(), all.size()));
  }

  @Test
  void missingPartsAreLeftOut() {
    Directory absent = parent(file("below the absent one"));
    Directory there = file("there");
    Directory root = parent(absent, there);
    store(file("below the absent one"), there, root);
    assertThat(tree(root, 0)).containsExactly(root, there);
  }

  @Test
  void whatDoesNotParseIsLeftOutAndTheRestServed() {
    Digest nonsense = cas.put(ByteString.copyFromUtf8("\u0007 this is no directory"));
    Directory there = file("there");
    Directory.Builder root = parent(there).toBuilder();
    root.addDirectoriesBuilder().setName("x").setDigest(Digests.toProto(nonsense));
    root.addDirectoriesBuilder().setName("y").getDigestBuilder().setHash("no hash");
    store(there, root.build());
    try (RecordedLog log = new RecordedLog(TreeWalk.class)) {
      assertThat(tree(root.build(), 0)).containsExactly(root.build(), there);
      assertThat(log.lines())
          .as("the fault is logged")
          .anyMatch(line -> line.contains(nonsense.hash()))
          .anyMatch(line -> line.contains("malformed digest"));
    }
  }

  @Test
  void aDirectoryOfEnormousSizeIsLeftOut() {
    Directory.Builder root = Directory.newBuilder();
    root.addDirectoriesBuilder()
        .setName("x")
        .setDigest(
            Digests.toProto(new Digest(DigestFunction.SHA256, "a".repeat(64), Long.MAX_VALUE)));
    store(root.build());
    assertThat(tree(root.build(), 0)).containsExactly(root.build());
  }

  @Test
  void anAbsentRootIsNotFound() {
    fails(NOT_FOUND, () -> tree(file("absent"), 0));
    Digest enormous = new Digest(DigestFunction.SHA256, "a".repeat(64), Long.MAX_VALUE);
    fails(NOT_FOUND, () -> pages(enormous, 0, ""));
  }

  @Test
  void aRootThatIsNoDirectoryIsRefused() {
    Digest nonsense = cas.put(ByteString.copyFromUtf8("\u0007 this is no directory"));
    fails(INVALID_ARGUMENT, () -> pages(nonsense, 0, ""));
  }

  @Test
  void aNegativePageSizeIsRefused() {
    fails(INVALID_ARGUMENT, () -> tree(Directory.getDefaultInstance(), -1));
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "AQAAAAAAAAAB", "AQAAAAAAAAABAAAAAAAAAAA", "!!!", "\u00e4"})
  void aMadeUpTokenIsRefused(String token) {
    Directory root = largeTree();
    fails(INVALID_ARGUMENT, () -> pages(root, 10, token));
  }

  @Test
  void aTokenOfAnotherTreeIsRefused() {
    Directory root = largeTree();
    String token = pages(root, 10, "").getFirst().getNextPageToken();
    fails(INVALID_ARGUMENT, () -> pages(Directory.getDefaultInstance(), 10, token));
  }

  @Test
  void pagesFitIntoAMessageHoweverLargeTheDirectories() {
    List<Directory> children = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      children.add(file("x".repeat(1_500_000) + i));
    }
    Directory root = parent(children.toArray(Directory[]::new));
    store(children.toArray(Directory[]::new));
    store(root);
    List<GetTreeResponse> pages = pages(root, 0, "");
    assertThat(directories(pages)).hasSize(6);
    assertThat(pages)
        .allSatisfy(p -> assertThat(p.getSerializedSize()).isLessThan(4 * 1024 * 1024));
  }

  /** A root, ten directories in it, and ten in each of these. */
  private Directory largeTree() {
    List<Directory> middles = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      List<Directory> leaves = new ArrayList<>();
      for (int j = 0; j < 10; j++) {
        leaves.add(file("leaf-" + i + "-" + j));
      }
      store(leaves.toArray(Directory[]::new));
      middles.add(parent(leaves.toArray(Directory[]::new)));
    }
    store(middles.toArray(Directory[]::new));
    Directory root = parent(middles.toArray(Directory[]::new));
    store(root);
    return root;
  }

  private Directory file(String name) {
    Directory.Builder directory = Directory.newBuilder();
    directory.addFilesBuilder().setName(name).setDigest(Digests.toProto(digest(name)));
    return directory.build();
  }

  private static Digest digest(String text) {
    return Cas.digest(ByteString.copyFromUtf8(text));
  }

  private static Directory parent(Directory... children) {
    Directory.Builder directory = Directory.newBuilder();
    for (int i = 0; i < children.length; i++) {
      directory
          .addDirectoriesBuilder()
          .setName("d" + i)
          .setDigest(Digests.toProto(Cas.digest(children[i].toByteString())));
    }
    return directory.build();
  }

  private void store(Directory... directories) {
    for (Directory directory : directories) {
      cas.put(directory.toByteString());
    }
  }

  private List<Directory> tree(Directory root, int pageSize) {
    return directories(pages(root, pageSize, ""));
  }

  private static List<Directory> directories(List<GetTreeResponse> pages) {
    return pages.stream().flatMap(page -> page.getDirectoriesList().stream()).toList();
  }

  private List<GetTreeResponse> pages(Directory root, int pageSize, String token) {
    return pages(Cas.digest(root.toByteString()), pageSize, token);
  }

  private List<GetTreeResponse> pages(Digest root, int pageSize, String token) {
    List<GetTreeResponse> pages = new ArrayList<>();
    cas.storage()
        .getTree(
            GetTreeRequest.newBuilder()
                .setInstanceName(Cas.INSTANCE.value())
                .setRootDigest(Digests.toProto(root))
                .setPageSize(pageSize)
                .setPageToken(token)
                .build())
        .forEachRemaining(pages::add);
    return pages;
  }
}
