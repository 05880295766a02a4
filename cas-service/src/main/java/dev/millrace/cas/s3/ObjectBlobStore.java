package dev.millrace.cas.s3;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.millrace.blobstore.BlobReader;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.BlobWriter;
import dev.millrace.blobstore.Blobs;
import dev.millrace.cas.index.BlobIndex;
import dev.millrace.cas.index.Body;
import dev.millrace.digest.Digest;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Blobs in an index and an object store: small ones in the index, others as objects that the index
 * knows. Whether a blob exists is the index's to say, and the object store is never asked. Takes
 * content as it comes: wrap it in a {@code VerifyingBlobStore}.
 *
 * <p>Every byte that is read was compared with a checksum made when it was written. What turns out
 * to be damaged, or is gone from the object store, is set aside: reading it fails as {@link
 * Failure.Corrupt}, and from then on the blob is missing, so that it is written anew.
 */
public final class ObjectBlobStore implements BlobStore {

  private static final Logger LOG = LoggerFactory.getLogger(ObjectBlobStore.class);

  private static final Duration STALL = Duration.ofSeconds(10);

  private final BlobIndex index;
  private final PieceStore pieces;
  private final int inlineLimit;
  private final UploadClaims claims = new UploadClaims(STALL);

  /**
   * @param inlineLimit the most bytes of a blob that the index keeps itself
   */
  public ObjectBlobStore(BlobIndex index, PieceStore pieces, int inlineLimit) {
    this.index = index;
    this.pieces = pieces;
    this.inlineLimit = inlineLimit;
  }

  BlobIndex index() {
    return index;
  }

  PieceStore pieces() {
    return pieces;
  }

  UploadClaims claims() {
    return claims;
  }

  @Override
  public BlobReader open(InstanceName instance, Digest digest) {
    Body body = index.find(instance, Set.of(digest)).get(digest);
    return switch (body) {
      case null -> throw new Failure.BlobAbsent(digest);
      case Body.Content content ->
          new ContentReader(digest, sound(instance, digest, content).bytes());
      case Body.Pieces found -> new PieceReader(this, instance, digest, found);
      case Body.Unreadable row -> throw damaged(instance, digest, row, row.problem());
    };
  }

  private Body.Content sound(InstanceName instance, Digest digest, Body.Content content) {
    if (content.bytes().length == digest.sizeBytes() && content.isSound()) {
      return content;
    }
    throw damaged(instance, digest, content, "its row has another checksum");
  }

  /** Sets a body aside; returns what its reader is to be told. */
  Failure damaged(InstanceName instance, Digest digest, Body body, String problem) {
    if (!index.quarantine(instance, digest, body, problem)) {
      return new Failure.Unavailable(
          "blob %s was dropped or replaced while it was read".formatted(digest), null);
    }
    LOG.error("Blob {} of '{}' is damaged and set aside: {}", digest, instance, problem);
    return new Failure.Corrupt("blob %s is damaged: %s".formatted(digest, problem), null);
  }

  @Override
  public BlobWriter create(InstanceName instance, Digest digest) {
    return isSmall(digest)
        ? new ContentWriter(index, instance, digest)
        : new PieceWriter(this, instance, digest);
  }

  private boolean isSmall(Digest digest) {
    return digest.sizeBytes() <= inlineLimit;
  }

  @Override
  public Set<Digest> findMissing(InstanceName instance, Set<Digest> digests) {
    return index.findMissing(instance, digests);
  }

  @Override
  public Map<Digest, ByteString> readAll(InstanceName instance, Set<Digest> digests) {
    Map<Digest, ByteString> blobs = new LinkedHashMap<>();
    index
        .find(instance, digests)
        .forEach((digest, body) -> {
          switch (body) {
            case Body.Content content ->
                blobs.put(
                    digest,
                    UnsafeByteOperations.unsafeWrap(sound(instance, digest, content).bytes()));
            case Body.Pieces found ->
                blobs.put(digest, readWhole(new PieceReader(this, instance, digest, found)));
            case Body.Unreadable row -> throw damaged(instance, digest, row, row.problem());
          }
        });
    return blobs;
  }

  private static ByteString readWhole(PieceReader opened) {
    try (opened) {
      ByteBuffer whole = ByteBuffer.allocate((int) opened.digest().sizeBytes());
      opened.read(0, whole);
      return UnsafeByteOperations.unsafeWrap(whole.flip());
    }
  }

  @Override
  public Map<Digest, Failure> writeAll(InstanceName instance, Map<Digest, ByteString> blobs) {
    Map<Digest, ByteString> small = new LinkedHashMap<>();
    Map<Digest, ByteString> large = new LinkedHashMap<>();
    blobs.forEach((digest, blob) -> (isSmall(digest) ? small : large).put(digest, blob));
    Map<Digest, Failure> failures = Blobs.writeEach(this, instance, large);
    try {
      index.add(instance, small).forEach(digest -> failures.put(digest, taken(digest)));
    } catch (Failure failure) {
      small.keySet().forEach(digest -> failures.put(digest, failure));
    }
    return failures;
  }

  static Failure taken(Digest digest) {
    return new Failure.Unavailable("the row of " + digest + " cannot be written", null);
  }
}
