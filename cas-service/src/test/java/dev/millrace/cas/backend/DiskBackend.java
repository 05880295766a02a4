package dev.millrace.cas.backend;

import com.google.protobuf.ByteString;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.verifying.VerifyingBlobStore;
import dev.millrace.cas.disk.DiskBlobStore;
import dev.millrace.cas.disk.DiskProperties;
import dev.millrace.cas.disk.DiskStagingArea;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.instance.InstanceName;
import dev.millrace.staging.StagingArea;
import dev.millrace.staging.verifying.VerifyingStagingArea;
import dev.millrace.testing.ManualClock;
import dev.millrace.testing.RandomBlobs;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** Blobs on this machine's disk, in a directory of its own. */
public final class DiskBackend implements Backend {

  private static final long CAPACITY = 256L << 20;
  private static final int FILLER = 900_000;
  private static final int PART = 20;

  private final ManualClock clock = ManualClock.standing();
  private final Path root;
  private int runs;
  private DiskBlobStore disk;
  private DiskStagingArea staged;

  public DiskBackend() {
    try {
      root = Files.createTempDirectory("disk-backend");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    disk = openStore();
    staged = DiskStagingArea.open(disk, clock);
  }

  private Path directory() {
    return root.resolve("run-" + runs);
  }

  /** Blocks of 1 MiB, so that larger uploads become one. */
  private DiskBlobStore openStore() {
    return DiskBlobStore.open(
        DiskProperties.of(directory(), CAPACITY).withBlockBytes(1 << 20).withIndexEntries(1 << 12));
  }

  private void open() {
    disk = openStore();
    staged = DiskStagingArea.open(disk, clock);
  }

  private void end() {
    staged.close();
    disk.close();
  }

  @Override
  public BlobStore store() {
    return new VerifyingBlobStore(disk);
  }

  @Override
  public StagingArea staging() {
    return new VerifyingStagingArea(staged);
  }

  @Override
  public ManualClock clock() {
    return clock;
  }

  @Override
  public void restart() {
    end();
    open();
  }

  /** Goes on in a copy of the directory, taken while everything is open. */
  @Override
  public void crash() {
    Path last = directory();
    runs++;
    try (Stream<Path> files = Files.walk(last)) {
      for (Path file : files.toList()) {
        Files.copy(
            file,
            directory().resolve(last.relativize(file).toString()),
            StandardCopyOption.COPY_ATTRIBUTES);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    end();
    open();
  }

  @Override
  public void damageStaged() {
    try (Stream<Path> files = Files.list(directory().resolve("staged"))) {
      List<Path> all = files.toList();
      for (Path file : all) {
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
          long at = bytes.length() - 1;
          bytes.seek(at);
          int last = bytes.read();
          bytes.seek(at);
          bytes.write(last ^ 1);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public Backend replica() {
    return Assumptions.abort("a disk is one process's");
  }

  /** Writes more than there is room for, in parts. */
  @Override
  public void outlive(Runnable use) {
    RandomBlobs random = RandomBlobs.seeded();
    for (long written = 0; written < CAPACITY + CAPACITY / 4; written += PART * FILLER) {
      Map<Digest, ByteString> part = new HashMap<>();
      for (int i = 0; i < PART; i++) {
        ByteString filler = random.next(FILLER);
        part.put(DigestFunction.BLAKE3.digestOf(filler.toByteArray()), filler);
      }
      disk.writeAll(new InstanceName("filler"), part)
          .values()
          .forEach(failure -> {
            throw failure;
          });
      use.run();
    }
  }

  @Override
  public void drop(InstanceName instance, Digest digest) {
    Assumptions.abort("a disk drops its oldest blocks whole");
  }

  @Override
  public void close() {
    end();
    try {
      Files.walkFileTree(
          root,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
              Files.deleteIfExists(file);
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, IOException thrown)
                throws IOException {
              Files.delete(directory);
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (NoSuchFileException gone) {
      // All that was wanted.
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public String toString() {
    return "disk";
  }
}
