package dev.millrace.cas.tree;

import build.bazel.remote.execution.v2.Directory;
import build.bazel.remote.execution.v2.DirectoryNode;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.digest.Digest;
import dev.millrace.digest.wire.Digests;
import dev.millrace.failure.Failure;
import dev.millrace.failure.Failure.InvalidRequest;
import dev.millrace.instance.InstanceName;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Visits every directory below a root once, breadth first, however many parents it has. Directories
 * that are absent or do not parse are passed over, the root excepted. The order depends on the
 * content alone, so a walk can be gone on with from its position alone.
 */
public final class TreeWalk {

  private static final Logger log = LoggerFactory.getLogger(TreeWalk.class);

  /** Larger ones fit into no message that a client would take. */
  private static final int MAX_DIRECTORY_BYTES = 4 * 1024 * 1024;

  private static final int READ_AHEAD_BYTES = MAX_DIRECTORY_BYTES;
  private static final int READ_AHEAD_BLOBS = 1000;

  private final BlobStore store;
  private final InstanceName instance;
  private final Digest root;
  private final Queue<Digest> ahead = new ArrayDeque<>();
  private final Set<Digest> seen = new HashSet<>();
  private final Map<Digest, Optional<ByteString>> read = new HashMap<>();
  private long position;

  /**
   * @throws Failure.BlobAbsent if the root is absent
   */
  public TreeWalk(BlobStore store, InstanceName instance, Digest root) {
    this.store = store;
    this.instance = instance;
    this.root = root;
    if (!store.findMissing(instance, Set.of(root)).isEmpty()) {
      throw new Failure.BlobAbsent(root);
    }
    ahead.add(root);
    seen.add(root);
  }

  /** Directories visited so far, those passed over included. */
  public long position() {
    return position;
  }

  /** Whether nothing is left to visit. */
  public boolean isAtEnd() {
    return ahead.isEmpty();
  }

  /** Goes on to a position that an earlier walk of the same tree had. */
  public void skipTo(long position) {
    while (this.position < position && !isAtEnd()) {
      visit(ahead.remove());
    }
  }

  /** The next directory; empty at the end. */
  public Optional<Directory> next() {
    while (!isAtEnd()) {
      Optional<Directory> directory = visit(ahead.remove());
      if (directory.isPresent()) {
        return directory;
      }
    }
    return Optional.empty();
  }

  private Optional<Directory> visit(Digest digest) {
    position++;
    Optional<Directory> directory = blob(digest).flatMap(blob -> parse(digest, blob));
    directory.ifPresent(d -> d.getDirectoriesList().forEach(child -> enqueue(digest, child)));
    return directory;
  }

  private void enqueue(Digest parent, DirectoryNode node) {
    try {
      Digest child = Digests.fromProto(node.getDigest(), root.function(), "digest");
      if (seen.add(child)) {
        ahead.add(child);
      }
    } catch (InvalidRequest e) {
      log.warn("Directory {} names a child by a malformed digest: {}", parent, e.getMessage());
    }
  }

  private Optional<Directory> parse(Digest digest, ByteString blob) {
    try {
      return Optional.of(Directory.parseFrom(blob));
    } catch (InvalidProtocolBufferException e) {
      return fault(digest, "does not parse: " + e.getMessage());
    }
  }

  private Optional<ByteString> blob(Digest digest) {
    if (digest.sizeBytes() > MAX_DIRECTORY_BYTES) {
      return fault(digest, "is larger than " + MAX_DIRECTORY_BYTES + " bytes");
    }
    if (!read.containsKey(digest)) {
      readAhead(digest);
    }
    return Objects.requireNonNullElse(read.remove(digest), Optional.empty());
  }

  /** Reads a directory and those that follow it in one go, as many as may be held at once. */
  private void readAhead(Digest first) {
    Set<Digest> wanted = new LinkedHashSet<>();
    wanted.add(first);
    long bytes = first.sizeBytes();
    for (Digest digest : ahead) {
      if (digest.sizeBytes() > READ_AHEAD_BYTES - bytes || wanted.size() == READ_AHEAD_BLOBS) {
        break;
      }
      wanted.add(digest);
      bytes += digest.sizeBytes();
    }
    Map<Digest, ByteString> found = store.readAll(instance, wanted);
    wanted.forEach(digest -> read.put(digest, Optional.ofNullable(found.get(digest))));
  }

  private <T> Optional<T> fault(Digest digest, String problem) {
    if (digest.equals(root)) {
      throw new InvalidRequest("root_digest", "the Directory " + digest + " " + problem);
    }
    log.warn("Directory {} below {} {}", digest, root, problem);
    return Optional.empty();
  }
}
