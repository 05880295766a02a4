package dev.millrace.execution.input;

import build.bazel.remote.execution.v2.Directory;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.millrace.action.ReferencedBlobs;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.digest.Digest;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * Walks an input tree level by level, many directories at a time; a directory that occurs more than
 * once is looked at once.
 */
final class InputTree {

  /** How much of directories is held at a time. */
  private static final long BATCH_BYTES = 4 * 1024 * 1024;

  private static final int BATCH_COUNT = 1_000;
  private static final int FILES_AT_ONCE = 10_000;

  /** One directory of this size has some hundred thousand entries. */
  private static final long MAX_DIRECTORY_BYTES = 64 * 1024 * 1024;

  private final BlobStore blobs;

  InputTree(BlobStore blobs) {
    this.blobs = blobs;
  }

  Set<Digest> findMissing(InstanceName instance, Digest root) {
    Walk walk = new Walk(instance);
    walk.meet(root);
    return walk.run();
  }

  /** One walk. */
  private final class Walk {
    private final InstanceName instance;
    private final Set<Digest> met = new HashSet<>();
    private final Set<Digest> files = new HashSet<>();
    private final Deque<Digest> directories = new ArrayDeque<>();
    private final Set<Digest> unchecked = new LinkedHashSet<>();
    private final Set<Digest> missing = new LinkedHashSet<>();

    Walk(InstanceName instance) {
      this.instance = instance;
    }

    /** The empty blob is an empty directory and always exists. */
    void meet(Digest directory) {
      if (!directory.isEmpty() && met.add(directory)) {
        if (directory.sizeBytes() > MAX_DIRECTORY_BYTES) {
          throw new Failure.InvalidRequest(
              "action.input_root_digest", "directory " + directory + " is too large");
        }
        directories.add(directory);
        unchecked.add(directory);
      }
    }

    Set<Digest> run() {
      while (!directories.isEmpty()) {
        Map<Digest, ByteString> read = blobs.readAll(instance, nextBatch());
        read.forEach(this::open);
        if (unchecked.size() >= FILES_AT_ONCE) {
          check();
        }
      }
      check();
      return missing;
    }

    private Set<Digest> nextBatch() {
      Set<Digest> batch = new LinkedHashSet<>();
      long bytes = 0;
      while (!directories.isEmpty() && batch.size() < BATCH_COUNT) {
        bytes += directories.getFirst().sizeBytes();
        if (!batch.isEmpty() && bytes > BATCH_BYTES) {
          break;
        }
        batch.add(directories.removeFirst());
      }
      return batch;
    }

    private void open(Digest digest, ByteString blob) {
      Directory directory;
      try {
        directory = Directory.parseFrom(blob);
      } catch (InvalidProtocolBufferException e) {
        throw new Failure.InvalidRequest(
            "action.input_root_digest", "the blob " + digest + " is not a Directory");
      }
      ReferencedBlobs.directoriesOf(directory, digest.function()).forEach(this::meet);
      for (Digest file : ReferencedBlobs.filesOf(directory, digest.function())) {
        if (!file.isEmpty() && files.add(file)) {
          unchecked.add(file);
        }
      }
    }

    /** Directories are asked for as well: that keeps them from being collected. */
    private void check() {
      if (!unchecked.isEmpty()) {
        missing.addAll(blobs.findMissing(instance, unchecked));
        unchecked.clear();
      }
    }
  }
}
