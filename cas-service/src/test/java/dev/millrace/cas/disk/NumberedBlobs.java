package dev.millrace.cas.disk;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.Blobs;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import dev.millrace.resourcename.Compressor;
import dev.millrace.resourcename.ResourceName;
import dev.millrace.staging.StagedBlob;
import dev.millrace.staging.StagingArea;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;

/** Blobs that can be made again from their number, so that no test has to remember content. */
record NumberedBlobs(long seed, int minSize, int maxSize) {

  static final InstanceName INSTANCE = new InstanceName("team");

  ByteString content(long number) {
    SplittableRandom random = new SplittableRandom(seed * 1_000_003 + number);
    byte[] bytes = new byte[random.nextInt(minSize, maxSize + 1)];
    random.nextBytes(bytes);
    return UnsafeByteOperations.unsafeWrap(bytes);
  }

  Digest digest(long number) {
    return digest(content(number));
  }

  private static Digest digest(ByteString content) {
    return DigestFunction.SHA256.digestOf(content.toByteArray());
  }

  Digest write(BlobStore store, long number) {
    ByteString content = content(number);
    Digest digest = digest(content);
    Blobs.write(store, INSTANCE, digest, content);
    return digest;
  }

  /** As {@link #write}, in two parts with an interruption between them. */
  Digest upload(StagingArea area, long number) {
    ByteString content = content(number);
    Digest digest = digest(content);
    ResourceName.Upload name =
        new ResourceName.Upload(INSTANCE, new UUID(seed, number), Compressor.IDENTITY, digest);
    ByteString first = content.substring(0, content.size() / 2);
    try (StagedBlob staged = area.begin(name)) {
      first.asReadOnlyByteBufferList().forEach(staged::write);
      staged.suspend();
    }
    try (StagedBlob staged = area.resume(name).orElseThrow()) {
      content.substring(first.size()).asReadOnlyByteBufferList().forEach(staged::write);
      staged.commit();
    }
    return digest;
  }

  boolean isPresent(BlobStore store, long number) {
    return store.findMissing(INSTANCE, Set.of(digest(number))).isEmpty();
  }

  /** Whether it can be read; fails the test if what is read is not what it should be. */
  boolean isSound(BlobStore store, long number) {
    ByteString content = content(number);
    try {
      ByteString read = Blobs.read(store, INSTANCE, digest(content), maxSize);
      if (!read.equals(content)) {
        throw new AssertionError("blob " + number + " was served with wrong bytes");
      }
      return true;
    } catch (Failure.BlobAbsent | Failure.Corrupt absent) {
      return false;
    }
  }
}
