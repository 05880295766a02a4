package dev.millrace.cas.disk;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.millrace.blobstore.BlobReader;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.BlobWriter;
import dev.millrace.digest.Digest;
import dev.millrace.directory.DirectoryLock;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Blobs on a local disk, within a fixed number of bytes: what has not been used for longest makes
 * room for what is new. A commit that has returned survives a loss of power, unless the store is
 * set not to wait for the disk; a blob that a crash or the disk has damaged is never served.
 *
 * <p>Takes content as it comes: wrap it in a {@code VerifyingBlobStore}.
 */
public final class DiskBlobStore implements BlobStore, AutoCloseable {

  /** Blobs up to this size are read, checked and written as a whole. */
  static final int SMALL_BYTES = 64 * 1024;

  private static final Logger log = LoggerFactory.getLogger(DiskBlobStore.class);

  private final DiskProperties properties;
  private final DirectoryLock directoryLock;
  private final long replayed;
  private final BlobIndex index;
  private final BlockRing ring;
  private final Checkpointer checkpointer;
  private final Committer committer;
  private final Refresher refresher;
  private final Claims claims;
  private volatile boolean closed;

  private DiskBlobStore(
      DiskProperties properties, DirectoryLock directoryLock, Recovery.Found found) {
    this.properties = properties;
    this.directoryLock = directoryLock;
    replayed = found.replayed();
    index = found.index();
    ring =
        new BlockRing(
            properties, found.blocks(), found.nextNumber(), found.epoch(), new SecureRandom());
    checkpointer = new Checkpointer(properties, found.storeId(), ring, index);
    committer =
        new Committer(
            ring, index, new GroupCommit(properties.synchronous()), checkpointer::appended);
    refresher = new Refresher(ring, index, committer);
    claims = new Claims(properties.claimableBytes());
  }

  /**
   * Opens the store in a directory, or makes one there.
   *
   * @throws IllegalStateException if another store has the directory
   * @throws UncheckedIOException if the directory cannot be read or written
   */
  public static DiskBlobStore open(DiskProperties properties) {
    Directories directories = new Directories(properties.directory());
    try {
      Files.createDirectories(directories.blocks());
      DirectoryLock lock = DirectoryLock.take(properties.directory());
      boolean opened = false;
      try {
        DiskBlobStore store =
            new DiskBlobStore(properties, lock, new Recovery(properties, new SecureRandom()).run());
        store.checkpointer.begin(store.replayed > 0);
        opened = true;
        return store;
      } finally {
        if (!opened) {
          lock.close();
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(
          "the block store in %s could not be opened".formatted(properties.directory()), e);
    }
  }

  @Override
  public BlobReader open(InstanceName instance, Digest digest) {
    Fingerprint key = Fingerprinter.of(instance, digest);
    Location location = find(key);
    if (location != null && ring.isOld(location.block())) {
      refresh(digest, key, location);
      location = find(key);
    }
    while (location != null) {
      Block block = ring.acquire(location.block());
      if (block != null) {
        return reader(digest, key, location, block);
      }
      // Dropped since the look-up: the blob is gone, or has been copied forward.
      location = find(key);
    }
    throw new Failure.BlobAbsent(digest);
  }

  private BlobReader reader(Digest digest, Fingerprint key, Location location, Block block) {
    boolean handedOn = false;
    try {
      StoredRecord record = new StoredRecord(digest, key, location, block, index);
      if (location.length() <= SMALL_BYTES) {
        return new SmallBlobReader(digest, record.payload());
      }
      record.checkHeader();
      handedOn = true;
      return new LargeBlobReader(record, block);
    } finally {
      if (!handedOn) {
        block.release();
      }
    }
  }

  @Override
  public BlobWriter create(InstanceName instance, Digest digest) {
    requireFits(digest);
    Fingerprint key = Fingerprinter.of(instance, digest);
    if (isPresent(instance, digest)) {
      return new PresentBlobWriter(digest, () -> isPresent(instance, digest));
    }
    Claim claim = claims.take(RecordFormat.sizeOf(digest.sizeBytes()));
    boolean created = false;
    try {
      BlobWriter writer =
          digest.sizeBytes() <= SMALL_BYTES
              ? new SmallBlobWriter(
                  digest,
                  claim,
                  payload -> {
                    if (!isPresent(instance, digest)) {
                      committer.append(List.of(new Committer.Pending(key, payload)));
                    }
                  })
              : largeWriter(instance, digest, key, claim);
      created = true;
      return writer;
    } finally {
      if (!created) {
        claim.close();
      }
    }
  }

  /**
   * Begins a blob that can be read back, by many, while it is written and until it is closed.
   *
   * @return empty if the blob is stored already
   * @throws Failure.Exhausted if there is no room for a blob of this size
   */
  public Optional<GrowingBlob> grow(InstanceName instance, Digest digest) {
    requireFits(digest);
    if (isPresent(instance, digest)) {
      return Optional.empty();
    }
    Claim claim = claims.take(RecordFormat.sizeOf(digest.sizeBytes()));
    boolean created = false;
    try {
      LargeBlobWriter writer =
          largeWriter(instance, digest, Fingerprinter.of(instance, digest), claim);
      created = true;
      return Optional.of(writer.readable());
    } finally {
      if (!created) {
        claim.close();
      }
    }
  }

  /** Forgets a blob, so that it can be stored anew. */
  public void drop(InstanceName instance, Digest digest) {
    Fingerprint key = Fingerprinter.of(instance, digest);
    Location location = find(key);
    if (location != null) {
      index.remove(key, location);
    }
  }

  /** Refuses blobs that are too large for the whole store. */
  void requireFits(Digest digest) {
    if (digest.sizeBytes() > properties.largestBlobBytes()) {
      throw new Failure.Exhausted(
          "blob %s is larger than the %d bytes that the local store takes"
              .formatted(digest, properties.largestBlobBytes()));
    }
  }

  @Override
  public Set<Digest> findMissing(InstanceName instance, Set<Digest> digests) {
    Fingerprint[] keys = new Fingerprinter(instance).of(digests);
    BitSet candidates = index.candidates(keys);
    Set<Digest> missing = LinkedHashSet.newLinkedHashSet(digests.size());
    List<Refresher.Use> old = new ArrayList<>();
    int number = 0;
    for (Digest digest : digests) {
      Fingerprint key = keys[number];
      Location location = candidates.get(number) ? find(key) : null;
      if (location == null) {
        missing.add(digest);
      } else if (ring.isOld(location.block())) {
        old.add(new Refresher.Use(digest, key, location.block()));
      }
      number++;
    }
    if (!old.isEmpty()) {
      for (Failure.Corrupt damage : refresher.refresh(old)) {
        log.warn("Found while copying a blob forward: {}", damage.getMessage());
      }
      old.stream().filter(use -> find(use.key()) == null).forEach(use -> missing.add(use.digest()));
    }
    return missing;
  }

  @Override
  public Map<Digest, ByteString> readAll(InstanceName instance, Set<Digest> digests) {
    Map<Digest, ByteString> blobs = LinkedHashMap.newLinkedHashMap(digests.size());
    Fingerprint[] keys = new Fingerprinter(instance).of(digests);
    BitSet candidates = index.candidates(keys);
    List<Digest> others = new ArrayList<>();
    try (GroupedReads reads = new GroupedReads(ring, index)) {
      int number = 0;
      for (Digest digest : digests) {
        Fingerprint key = keys[number];
        Location location = candidates.get(number) ? find(key) : null;
        if (location != null && !reads.add(digest, key, location)) {
          others.add(digest);
        }
        number++;
      }
      reads.into(blobs);
    }
    // Large ones, old ones, and those whose block went away meanwhile.
    for (Digest digest : others) {
      try (BlobReader reader = open(instance, digest)) {
        blobs.put(digest, content(reader));
      } catch (Failure.BlobAbsent absent) {
        // Dropped since the look-up; an absent blob is left out.
      }
    }
    return blobs;
  }

  private static ByteString content(BlobReader reader) {
    if (reader instanceof SmallBlobReader small) {
      return UnsafeByteOperations.unsafeWrap(small.payload());
    }
    ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(reader.digest().sizeBytes()));
    reader.read(0, bytes);
    return UnsafeByteOperations.unsafeWrap(bytes.flip());
  }

  @Override
  public Map<Digest, Failure> writeAll(InstanceName instance, Map<Digest, ByteString> blobs) {
    Fingerprinter fingerprinter = new Fingerprinter(instance);
    Map<Digest, Failure> failures = new LinkedHashMap<>();
    Map<Digest, ByteString> large = new LinkedHashMap<>();
    Map<Digest, Committer.Pending> small = new LinkedHashMap<>();
    Set<Digest> missing = findMissing(instance, blobs.keySet());
    blobs.forEach((digest, blob) -> {
      if (blob.size() != digest.sizeBytes()) {
        failures.put(digest, Sizes.differ(digest, blob.size()));
      } else if (missing.contains(digest) && blob.size() > SMALL_BYTES) {
        large.put(digest, blob);
      } else if (missing.contains(digest)) {
        small.put(
            digest, new Committer.Pending(fingerprinter.of(digest), blob.asReadOnlyByteBuffer()));
      }
    });
    if (!small.isEmpty()) {
      try {
        committer.append(List.copyOf(small.values()));
      } catch (Failure failure) {
        small.keySet().forEach(digest -> failures.put(digest, failure));
      }
    }
    large.forEach((digest, blob) -> {
      try {
        writeLarge(instance, digest, fingerprinter.of(digest), blob);
      } catch (Failure failure) {
        failures.put(digest, failure);
      }
    });
    return failures;
  }

  private void writeLarge(InstanceName instance, Digest digest, Fingerprint key, ByteString blob) {
    requireFits(digest);
    try (BlobWriter writer = largeWriter(instance, digest, key, claims.none())) {
      blob.asReadOnlyByteBufferList().forEach(writer::write);
      writer.commit();
    }
  }

  private LargeBlobWriter largeWriter(
      InstanceName instance, Digest digest, Fingerprint key, Claim claim) {
    return new LargeBlobWriter(digest, key, claim, committer, () -> isPresent(instance, digest));
  }

  /** Whether a blob is stored; if so, it counts as used now. */
  private boolean isPresent(InstanceName instance, Digest digest) {
    return findMissing(instance, Set.of(digest)).isEmpty();
  }

  private void refresh(Digest digest, Fingerprint key, Location location) {
    List<Failure.Corrupt> damage = List.of();
    try {
      damage = refresher.refresh(List.of(new Refresher.Use(digest, key, location.block())));
    } catch (Failure.Unavailable notWritten) {
      // A full disk keeps nobody from reading what is there.
      log.warn("Blob {} could not be copied forward: {}", digest, notWritten.getMessage());
    }
    if (!damage.isEmpty()) {
      throw damage.getFirst();
    }
  }

  private @Nullable Location find(Fingerprint key) {
    Location location = index.find(key, ring::isLive);
    if (location == null && closed) {
      throw new Failure.Unavailable("the local store is closed", null);
    }
    return location;
  }

  DiskProperties properties() {
    return properties;
  }

  Claims claims() {
    return claims;
  }

  /** Where uploads are kept until they are blobs of this store. */
  StagingGround stagingGround(Clock clock) {
    return new StagingGround(
        this,
        ring,
        committer,
        properties.synchronous() ? StableStorage.DISK : StableStorage.NONE,
        clock);
  }

  /** Bytes that files take, or may come to take before another one is made. */
  public long footprint() {
    return ring.footprint();
  }

  /** How many records the start had to read, because no checkpoint covered them. */
  long replayed() {
    return replayed;
  }

  /** How many used blobs were copied forward. */
  long refreshed() {
    return refresher.refreshed();
  }

  /** How many blobs lost their index entry to another. */
  long displaced() {
    return index.displaced();
  }

  void checkpoint() throws IOException {
    checkpointer.take(/* last= */ false);
  }

  /** Ends writing, and makes the next start a fast one. Readers stay readable until closed. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    ring.refuse();
    closed = true;
    try (directoryLock) {
      try {
        checkpointer.close();
      } finally {
        ring.close();
        index.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(
          "the block store in %s was not closed cleanly".formatted(properties.directory()), e);
    }
  }
}
