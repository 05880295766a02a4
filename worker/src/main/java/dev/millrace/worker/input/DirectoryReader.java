package dev.millrace.worker.input;

import build.bazel.remote.execution.v2.Directory;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.Blobs;
import dev.millrace.digest.Digest;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * Reads Directory messages, many at a time, and remembers those used last: actions of one build
 * share most of their inputs. Remembered for one instance only.
 */
final class DirectoryReader {

  private static final int MAX_DIRECTORY_BYTES = 64 * 1024 * 1024;

  private final BlobStore store;
  private final InstanceName instance;
  private final long maxRemembered;

  /** In order of use, the least recent first. */
  @GuardedBy("remembered")
  private final LinkedHashMap<Digest, Directory> remembered = new LinkedHashMap<>();

  @GuardedBy("remembered")
  private long rememberedBytes;

  DirectoryReader(BlobStore store, InstanceName instance, long maxRemembered) {
    this.store = store;
    this.instance = instance;
    this.maxRemembered = maxRemembered;
  }

  /** The directories of these digests; absent ones are left out. */
  Map<Digest, Directory> read(Collection<Digest> digests) {
    Map<Digest, Directory> directories = new HashMap<>();
    Set<Digest> unknown = new LinkedHashSet<>();
    synchronized (remembered) {
      for (Digest digest : digests) {
        Directory directory = remembered.get(digest);
        if (directory != null) {
          remembered.putLast(digest, directory);
          directories.put(digest, directory);
        } else if (digest.isEmpty()) {
          directories.put(digest, Directory.getDefaultInstance());
        } else {
          unknown.add(digest);
        }
      }
    }
    for (BlobBatch batch : BlobBatch.split(unknown)) {
      for (Map.Entry<Digest, ByteString> blob : read(batch).entrySet()) {
        Directory directory = parse(blob.getKey(), blob.getValue());
        directories.put(blob.getKey(), directory);
        remember(blob.getKey(), directory);
      }
    }
    return directories;
  }

  private Map<Digest, ByteString> read(BlobBatch batch) {
    return switch (batch) {
      case BlobBatch.Together together -> store.readAll(instance, together.digests());
      case BlobBatch.Alone(Digest digest) -> {
        try {
          yield Map.of(digest, Blobs.read(store, instance, digest, MAX_DIRECTORY_BYTES));
        } catch (Failure.BlobAbsent absent) {
          yield Map.of();
        }
      }
    };
  }

  private static Directory parse(Digest digest, ByteString blob) {
    try {
      return Directory.parseFrom(blob);
    } catch (InvalidProtocolBufferException e) {
      throw new Failure.InvalidRequest(
          "input_root_digest", "blob " + digest + " is not a Directory message");
    }
  }

  private void remember(Digest digest, Directory directory) {
    synchronized (remembered) {
      if (remembered.put(digest, directory) == null) {
        rememberedBytes += digest.sizeBytes();
      }
      Iterator<Digest> oldestFirst = remembered.keySet().iterator();
      while (rememberedBytes > maxRemembered && oldestFirst.hasNext()) {
        rememberedBytes -= oldestFirst.next().sizeBytes();
        oldestFirst.remove();
      }
    }
  }
}
