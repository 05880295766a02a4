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
 * share most of their inputs. What one instance has read is not known to others.
 */
final class DirectoryReader {

  private static final int MAX_DIRECTORY_BYTES = 64 * 1024 * 1024;

  private record Key(InstanceName instance, Digest digest) {}

  private final BlobStore store;
  private final long maxRemembered;

  /** In order of use, the least recent first. */
  @GuardedBy("remembered")
  private final LinkedHashMap<Key, Directory> remembered = new LinkedHashMap<>();

  @GuardedBy("remembered")
  private long rememberedBytes;

  DirectoryReader(BlobStore store, long maxRemembered) {
    this.store = store;
    this.maxRemembered = maxRemembered;
  }

  /** The directories of these digests; absent ones are left out. */
  Map<Digest, Directory> read(InstanceName instance, Collection<Digest> digests) {
    Map<Digest, Directory> directories = new HashMap<>();
    Set<Digest> unknown = new LinkedHashSet<>();
    synchronized (remembered) {
      for (Digest digest : digests) {
        Directory directory = remembered.get(new Key(instance, digest));
        if (directory != null) {
          remembered.putLast(new Key(instance, digest), directory);
          directories.put(digest, directory);
        } else if (digest.isEmpty()) {
          directories.put(digest, Directory.getDefaultInstance());
        } else {
          unknown.add(digest);
        }
      }
    }
    for (BlobBatch batch : BlobBatch.split(unknown)) {
      for (Map.Entry<Digest, ByteString> blob : read(instance, batch).entrySet()) {
        Directory directory = parse(blob.getKey(), blob.getValue());
        directories.put(blob.getKey(), directory);
        remember(new Key(instance, blob.getKey()), directory);
      }
    }
    return directories;
  }

  private Map<Digest, ByteString> read(InstanceName instance, BlobBatch batch) {
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

  private void remember(Key key, Directory directory) {
    synchronized (remembered) {
      if (remembered.put(key, directory) == null) {
        rememberedBytes += key.digest().sizeBytes();
      }
      Iterator<Key> oldestFirst = remembered.keySet().iterator();
      while (rememberedBytes > maxRemembered && oldestFirst.hasNext()) {
        rememberedBytes -= oldestFirst.next().digest().sizeBytes();
        oldestFirst.remove();
      }
    }
  }
}
