package dev.millrace.cas.s3;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.millrace.blobstore.BlobReader;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.BlobWriter;
import dev.millrace.blobstore.Blobs;
import dev.millrace.cas.index.BlobIndex;
import dev.millrace.cas.index.Body;
import dev.millrace.cas.index.Quarantine;
import dev.millrace.digest.Digest;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Blobs in an index and an object store: small ones in the index, others as objects that the index
 * knows. Whether a blob exists is the index's to say, and the object store is never asked. Takes
 * content as it comes: wrap it in a {@code VerifyingBlobStore}.
 *
 * <p>Every byte that is read was compared with a checksum made when it was written. What turns out
 * to be damaged in the same way more than once, or is gone from the object store, is set aside:
 * reading it fails as {@link Failure.Corrupt}, and from then on the blob is missing, so that it is
 * written anew. Where too many seem damaged the blobs stay, and reading them is {@link
 * Failure.Unavailable}.
 */
public final class ObjectBlobStore implements BlobStore {

  private static final Duration STALL = Duration.ofSeconds(10);

  private final BlobIndex index;
  private final Quarantine quarantine;
  private final PieceStore pieces;
  private final int inlineLimit;
  private final UploadClaims claims = new UploadClaims(STALL);

  /**
   * @param inlineLimit the most bytes of a blob that the index keeps itself
   */
  public ObjectBlobStore(
      BlobIndex index, Quarantine quarantine, PieceStore pieces, int inlineLimit) {
    this.index = index;
    this.quarantine = quarantine;
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
    if (isSound(digest, content)) {
      return content;
    }
    if (index.find(instance, Set.of(digest)).get(digest) instanceof Body.Content again) {
      if (isSound(digest, again)) {
        return again;
      }
      if (Arrays.equals(again.bytes(), content.bytes())) {
        throw damaged(instance, digest, content, "its row has another checksum");
      }
    }
    throw replaced(digest);
  }

  private static boolean isSound(Digest digest, Body.Content content) {
    return content.bytes().length == digest.sizeBytes() && content.isSound();
  }

  /** Sets a body aside if that may be; returns what its reader is to be told. */
  Failure damaged(InstanceName instance, Digest digest, Body body, String problem) {
    return switch (quarantine.setAside(instance, digest, body, problem)) {
      case SET_ASIDE ->
          new Failure.Corrupt("blob %s is damaged: %s".formatted(digest, problem), null);
      case REPLACED -> replaced(digest);
      case LEFT ->
          new Failure.Unavailable(
              "blob %s cannot be read, nor can others: %s".formatted(digest, problem), null);
    };
  }

  private static Failure replaced(Digest digest) {
    return new Failure.Unavailable(
        "blob %s was dropped or replaced while it was read".formatted(digest), null);
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
