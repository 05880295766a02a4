package dev.millrace.cas.disk;

import dev.millrace.failure.Failure;
import dev.millrace.resourcename.ResourceName;
import dev.millrace.staging.StagedBlob;
import dev.millrace.staging.StagingArea;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Uploads in files beside the blocks of a {@link DiskBlobStore}, within its capacity. What a
 * process has written is kept when it is killed; a loss of power leaves what was suspended, and of
 * the rest anything. A large upload's file becomes a block of the store, so that its bytes are
 * written once.
 *
 * <p>Takes content as it comes: wrap it in a {@code VerifyingStagingArea}.
 */
public final class DiskStagingArea implements StagingArea, AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(DiskStagingArea.class);

  private final DiskBlobStore store;
  private final StagingGround ground;
  private final Path directory;
  private final Map<Fingerprint, StagedUpload> uploads = new ConcurrentHashMap<>();
  private final AtomicLong lastAttempt;
  private volatile boolean closed;

  private DiskStagingArea(
      DiskBlobStore store, StagingGround ground, Path directory, long attempts) {
    this.store = store;
    this.ground = ground;
    this.directory = directory;
    lastAttempt = new AtomicLong(attempts);
  }

  /**
   * Opens a store's staging area, with what earlier runs left there.
   *
   * @throws UncheckedIOException if its directory cannot be read or written
   */
  public static DiskStagingArea open(DiskBlobStore store, Clock clock) {
    return open(store, store.stagingGround(clock));
  }

  static DiskStagingArea open(DiskBlobStore store, StagingGround ground) {
    Path directory = new Directories(store.properties().directory()).staged();
    try {
      Files.createDirectories(directory);
      List<StagedFile> found = StagedFile.in(directory, store.properties().claimableBytes());
      long attempts = found.stream().mapToLong(file -> file.name().attempt()).max().orElse(0);
      DiskStagingArea area = new DiskStagingArea(store, ground, directory, attempts);
      found.forEach(area::adopt);
      return area;
    } catch (IOException e) {
      throw new UncheckedIOException("uploads in %s could not be read".formatted(directory), e);
    }
  }

  private void adopt(StagedFile file) {
    long size = file.header().size();
    ground.ring().setAside(StagedUpload.footprint(size));
    uploads.put(
        file.name().upload(),
        new StagedUpload(
            ground,
            file.path(),
            size,
            store.claims().renew(RecordFormat.sizeOf(size)),
            file.written(),
            file.touched()));
  }

  @Override
  public StagedBlob begin(ResourceName.Upload name) {
    store.requireFits(name.digest());
    requireOpen();
    Fingerprint key = Fingerprinter.of(name);
    StagedUpload earlier = uploads.get(key);
    if (earlier != null) {
      giveUp(key, earlier);
    }
    StagedUpload fresh = make(key, name.digest().sizeBytes());
    DiskStagedBlob writer = new DiskStagedBlob(this, fresh, name);
    boolean begun = false;
    try {
      fresh.create(key, writer);
      begun = true;
    } finally {
      if (!begun) {
        fresh.giveUp();
      }
    }
    StagedUpload other = uploads.put(key, fresh);
    if (other != null) {
      other.giveUp();
    }
    return writer;
  }

  private void giveUp(Fingerprint key, StagedUpload upload) {
    upload.giveUp();
    uploads.remove(key, upload);
  }

  private StagedUpload make(Fingerprint key, long size) {
    Claim claim = claim(RecordFormat.sizeOf(size));
    boolean setAside = false;
    try {
      ground.ring().setAside(StagedUpload.footprint(size));
      setAside = true;
    } finally {
      if (!setAside) {
        claim.close();
      }
    }
    Path path = new StagedName(key, lastAttempt.incrementAndGet()).in(directory);
    return new StagedUpload(ground, path, size, claim, /* written= */ 0, ground.now());
  }

  /** Uploads that nobody writes give way to one that somebody does. */
  private Claim claim(long bytes) {
    while (true) {
      try {
        return store.claims().take(bytes);
      } catch (Failure.Exhausted noRoom) {
        if (!makeRoom()) {
          throw noRoom;
        }
      }
    }
  }

  private boolean makeRoom() {
    record Idle(Fingerprint key, StagedUpload upload, Instant touched) {}
    return uploads.entrySet().stream()
        .map(e -> new Idle(e.getKey(), e.getValue(), e.getValue().touched()))
        .sorted(Comparator.comparing(Idle::touched))
        .anyMatch(idle -> giveUpIfIdle(idle.key(), idle.upload()));
  }

  private boolean giveUpIfIdle(Fingerprint key, StagedUpload upload) {
    return upload.giveUpIfIdle() && uploads.remove(key, upload);
  }

  @Override
  public Optional<StagedBlob> resume(ResourceName.Upload name) {
    requireOpen();
    Fingerprint key = Fingerprinter.of(name);
    StagedUpload upload = uploads.get(key);
    if (upload == null) {
      return Optional.empty();
    }
    DiskStagedBlob writer = new DiskStagedBlob(this, upload, name);
    if (upload.takeOver(writer)) {
      return Optional.of(writer);
    }
    uploads.remove(key, upload);
    return Optional.empty();
  }

  @Override
  public OptionalLong kept(ResourceName.Upload name) {
    StagedUpload upload = uploads.get(Fingerprinter.of(name));
    return upload == null || upload.isOver()
        ? OptionalLong.empty()
        : OptionalLong.of(upload.written());
  }

  @Override
  public void discard(ResourceName.Upload name) {
    Fingerprint key = Fingerprinter.of(name);
    StagedUpload upload = uploads.get(key);
    if (upload != null) {
      giveUpIfIdle(key, upload);
    }
  }

  @Override
  public int gatheringLimit() {
    return ground.gatheringLimit();
  }

  @Override
  public int discardUntouchedSince(Instant then) {
    int discarded = 0;
    for (Map.Entry<Fingerprint, StagedUpload> each : uploads.entrySet()) {
      if (each.getValue().touched().isBefore(then)
          && giveUpIfIdle(each.getKey(), each.getValue())) {
        discarded++;
      }
    }
    return discarded;
  }

  /** Forgets an upload if it has become a blob, or nothing. */
  void forgetIfOver(ResourceName.Upload name, StagedUpload upload) {
    if (upload.isOver()) {
      uploads.remove(Fingerprinter.of(name), upload);
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new Failure.Unavailable("the local store is closed", /* cause= */ null);
    }
  }

  /** Suspends what is being written, for the next start; must come before the store's end. */
  @Override
  public void close() {
    closed = true;
    for (StagedUpload upload : uploads.values()) {
      try {
        upload.suspend();
      } catch (Failure notKept) {
        log.warn("An upload may not be kept: {}", notKept.getMessage());
      }
    }
  }
}
