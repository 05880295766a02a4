package dev.millrace.worker.input;

import com.google.protobuf.ByteString;
import dev.millrace.blobstore.BlobReader;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.digest.Digest;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import dev.millrace.worker.filecache.CachedContent;
import dev.millrace.worker.filecache.FileCache;
import dev.millrace.worker.filecache.Placement;
import dev.millrace.worker.filecache.Reservation;
import dev.millrace.worker.filecache.Shelf;
import dev.millrace.worker.filecache.Stamp;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;

/**
 * Puts files into input roots: out of the file cache where they are in it, after fetching them
 * otherwise. What several actions want at once is fetched once.
 */
public final class InputFiles {

  private final BlobStore store;
  private final FileCache cache;
  private final ParallelFetch parallel;

  /**
   * @param store where blobs are read
   * @param cache what has been read before
   */
  public InputFiles(BlobStore store, FileCache cache) {
    this.store = store;
    this.cache = cache;
    this.parallel = new ParallelFetch();
  }

  BlobStore store() {
    return store;
  }

  /** The blobs among these files that are neither cached nor stored. */
  Set<Digest> findMissing(InstanceName instance, Collection<InputRoot.File> files) {
    try (Reservation reservation = cache.reserve(byContent(instance, files).keySet())) {
      Set<Digest> unknown = new LinkedHashSet<>();
      reservation.owed().forEach(content -> unknown.add(content.digest()));
      unknown.removeIf(Digest::isEmpty);
      return unknown.isEmpty() ? Set.of() : store.findMissing(instance, unknown);
    }
  }

  /**
   * Makes the files below {@code root}, whose directories are there.
   *
   * @param instance whose blobs are read
   * @return the files that share their content with others, with what they look like untouched
   */
  Map<Path, Stamp> place(
      InstanceName instance, Collection<InputRoot.File> files, Path root, Placement placement)
      throws InterruptedException {
    Map<CachedContent, List<InputRoot.File>> left = byContent(instance, files);
    Map<Path, Stamp> shared = new HashMap<>();
    while (!left.isEmpty()) {
      Map<CachedContent, CompletableFuture<Void>> expected;
      try (Reservation reservation = cache.reserve(left.keySet())) {
        fetch(instance, reservation);
        for (CachedContent content : reservation.held()) {
          List<InputRoot.File> targets = left.getOrDefault(content, List.of());
          Optional<Stamp> stamp = place(reservation, content, targets, root, placement);
          if (stamp.isPresent()) {
            left.remove(content);
            if (placement == Placement.HARD_LINK) {
              targets.stream()
                  .filter(file -> !file.isIndividual())
                  .forEach(file -> shared.put(root.resolve(file.path()), stamp.get()));
            }
          }
        }
        expected = reservation.expected();
      }
      for (CompletableFuture<Void> arrival : expected.values()) {
        await(arrival);
      }
    }
    return shared;
  }

  private Optional<Stamp> place(
      Reservation reservation,
      CachedContent content,
      List<InputRoot.File> files,
      Path root,
      Placement placement) {
    List<Path> shared = new ArrayList<>();
    List<Path> individual = new ArrayList<>();
    for (InputRoot.File file : files) {
      (file.isIndividual() ? individual : shared).add(root.resolve(file.path()));
    }
    Optional<Stamp> stamp = reservation.place(content, shared, placement);
    if (stamp.isEmpty() || individual.isEmpty()) {
      return stamp;
    }
    if (reservation.place(content, individual, Placement.COPY).isEmpty()) {
      throw new Failure.Unavailable(
          "an input was written to while it was being placed: " + content, /* cause= */ null);
    }
    for (InputRoot.File file : files) {
      try {
        InputRootBuilder.apply(file.properties(), root.resolve(file.path()));
      } catch (IOException e) {
        throw new Failure.Unavailable("cannot set the attributes of input " + file.path(), e);
      }
    }
    return stamp;
  }

  private void fetch(InstanceName instance, Reservation reservation) throws InterruptedException {
    Map<Digest, List<CachedContent>> owed = new LinkedHashMap<>();
    for (CachedContent content : reservation.owed()) {
      if (content.digest().isEmpty()) {
        reservation.fill(content, ByteString.EMPTY);
      } else {
        owed.computeIfAbsent(content.digest(), digest -> new ArrayList<>()).add(content);
      }
    }
    Set<Digest> missing = ConcurrentHashMap.newKeySet();
    parallel.forEach(
        BlobBatch.split(owed.keySet()),
        batch -> {
          switch (batch) {
            case BlobBatch.Together(Set<Digest> digests) -> {
              Map<Digest, ByteString> blobs = store.readAll(instance, digests);
              for (Digest digest : digests) {
                ByteString blob = blobs.get(digest);
                if (blob == null) {
                  missing.add(digest);
                } else {
                  owed.getOrDefault(digest, List.of())
                      .forEach(content -> reservation.fill(content, blob));
                }
              }
            }
            case BlobBatch.Alone(Digest digest) -> {
              try (BlobReader blob = store.open(instance, digest)) {
                owed.getOrDefault(digest, List.of())
                    .forEach(content -> reservation.fill(content, blob));
              } catch (Failure.BlobAbsent absent) {
                missing.add(digest);
              }
            }
          }
        });
    if (!missing.isEmpty()) {
      throw new Failure.BlobsMissing("inputs", List.copyOf(missing));
    }
  }

  private static void await(CompletableFuture<Void> arrival) throws InterruptedException {
    try {
      arrival.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("arrivals are never failed, only given up", e);
    }
  }

  private static Map<CachedContent, List<InputRoot.File>> byContent(
      InstanceName instance, Collection<InputRoot.File> files) {
    Shelf shelf = Shelf.of(instance);
    Map<CachedContent, List<InputRoot.File>> byContent = new LinkedHashMap<>();
    for (InputRoot.File file : files) {
      byContent
          .computeIfAbsent(
              new CachedContent(shelf, file.digest(), file.executable()),
              content -> new ArrayList<>())
          .add(file);
    }
    return byContent;
  }
}
