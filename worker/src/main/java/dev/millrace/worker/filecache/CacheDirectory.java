package dev.millrace.worker.filecache;

import dev.millrace.failure.Failure;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The cache's files on disk. Each has a name that is never used again, so that deleting one never
 * hits its successor.
 *
 * <p>Files are not synced: they can all be fetched again. What was written before the machine went
 * down cannot be trusted, so files are taken over from an earlier process only if the machine has
 * been up ever since, which the kernel's boot id tells.
 */
final class CacheDirectory {

  private static final Logger log = LoggerFactory.getLogger(CacheDirectory.class);

  /** What all files are dated, so that one that was written to gives itself away. */
  private static final FileTime DATE = FileTime.from(Instant.parse("2000-01-01T00:00:00Z"));

  private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

  private final Path files;
  private final Path incoming;
  private final Path bootIdFile;
  private final AtomicLong nextNumber = new AtomicLong();

  CacheDirectory(Path path) {
    files = path.resolve("files");
    incoming = path.resolve("incoming");
    bootIdFile = path.resolve("boot-id");
  }

  /** Brings the directory into order and returns what can be kept of it. */
  List<CacheEntry> recover() throws IOException {
    Files.createDirectories(incoming);
    clear(incoming);
    for (String shard : shards()) {
      Files.createDirectories(files.resolve(shard));
    }
    Optional<String> boot = bootId();
    boolean sameBoot =
        boot.isPresent()
            && Files.exists(bootIdFile)
            && boot.get().equals(Files.readString(bootIdFile));
    List<CacheEntry> kept = new ArrayList<>();
    for (String shard : shards()) {
      Path directory = files.resolve(shard);
      if (sameBoot) {
        kept.addAll(list(directory));
      } else {
        clear(directory);
      }
    }
    // Only now: if this is interrupted, nothing of an earlier boot may pass for one of this.
    Files.writeString(bootIdFile, boot.orElse("unknown"));
    return kept;
  }

  /** A new name for a file that is not whole yet. */
  Path newIncoming() {
    return incoming.resolve(Long.toString(nextNumber.getAndIncrement()));
  }

  /** Gives a whole, verified file its place and its permissions. */
  CacheEntry admit(CachedContent content, Path complete) throws IOException {
    Files.setLastModifiedTime(complete, DATE);
    Files.setPosixFilePermissions(
        complete,
        PosixFilePermissions.fromString(content.executable() ? "r-xr-xr-x" : "r--r--r--"));
    Path target =
        files
            .resolve(content.digest().hash().substring(0, 2))
            .resolve(content.fileStem() + "-" + nextNumber.getAndIncrement());
    Files.move(complete, target, StandardCopyOption.ATOMIC_MOVE);
    return new CacheEntry(content, target, Stamp.of(target));
  }

  void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new Failure.Unavailable("cannot delete " + file + " from the file cache", e);
    }
  }

  private List<CacheEntry> list(Path directory) throws IOException {
    List<CacheEntry> found = new ArrayList<>();
    try (DirectoryStream<Path> children = Files.newDirectoryStream(directory)) {
      for (Path file : children) {
        String name = file.getFileName().toString();
        Optional<CachedContent> content = CachedContent.ofFileName(name);
        Stamp stamp = Stamp.of(file);
        if (content.isPresent() && isWhole(content.get(), stamp)) {
          found.add(new CacheEntry(content.get(), file, stamp));
          long number = Long.parseLong(name.substring(name.lastIndexOf('-') + 1));
          nextNumber.accumulateAndGet(number + 1, Math::max);
        } else {
          log.warn("{} is not a file of the cache as it should be; deleted", file);
          Files.delete(file);
        }
      }
    }
    return found;
  }

  private static boolean isWhole(CachedContent content, Stamp stamp) {
    String permissions = content.executable() ? "r-xr-xr-x" : "r--r--r--";
    return stamp.size() == content.digest().sizeBytes()
        && stamp.modified().equals(DATE)
        && stamp.permissions().equals(PosixFilePermissions.fromString(permissions));
  }

  private static void clear(Path directory) throws IOException {
    try (DirectoryStream<Path> children = Files.newDirectoryStream(directory)) {
      for (Path file : children) {
        Files.delete(file);
      }
    }
  }

  private static Iterable<String> shards() {
    return IntStream.range(0, 256).mapToObj("%02x"::formatted).toList();
  }

  private static Optional<String> bootId() throws IOException {
    return Files.isReadable(BOOT_ID)
        ? Optional.of(Files.readString(BOOT_ID).strip())
        : Optional.empty();
  }
}
