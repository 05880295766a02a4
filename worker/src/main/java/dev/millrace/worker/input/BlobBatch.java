package dev.millrace.worker.input;

import dev.millrace.digest.Digest;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Blobs that are read in one go: many small ones, or a large one. */
sealed interface BlobBatch {

  /** Small blobs that fit into one message. */
  record Together(Set<Digest> digests) implements BlobBatch {}

  /** A blob that is streamed. */
  record Alone(Digest digest) implements BlobBatch {}

  /** With what a message has around each blob, this stays below the usual 4 MiB. */
  long MAX_BYTES = 2_500_000;

  /** Larger than this, a blob gains nothing from company. */
  long SMALL_BYTES = 1024 * 1024;

  int MAX_BLOBS = 2_000;

  /** Puts small blobs together, and leaves the others alone. */
  static List<BlobBatch> split(Collection<Digest> digests) {
    List<BlobBatch> batches = new ArrayList<>();
    Set<Digest> together = new LinkedHashSet<>();
    long bytes = 0;
    for (Digest digest : digests) {
      if (digest.sizeBytes() > SMALL_BYTES) {
        batches.add(new Alone(digest));
        continue;
      }
      if (bytes + digest.sizeBytes() > MAX_BYTES || together.size() == MAX_BLOBS) {
        batches.add(new Together(together));
        together = new LinkedHashSet<>();
        bytes = 0;
      }
      together.add(digest);
      bytes += digest.sizeBytes();
    }
    if (!together.isEmpty()) {
      batches.add(new Together(together));
    }
    return batches;
  }
}
