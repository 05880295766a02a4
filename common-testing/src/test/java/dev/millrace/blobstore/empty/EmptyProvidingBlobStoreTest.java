package dev.millrace.blobstore.empty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.Blobs;
import dev.millrace.blobstore.memory.MemoryBlobStore;
import dev.millrace.blobstore.verifying.VerifyingBlobStore;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import dev.millrace.testing.BlobStoreContract;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class EmptyProvidingBlobStoreTest extends BlobStoreContract {

  private static final InstanceName INSTANCE = new InstanceName("team");

  private final MemoryBlobStore delegate = new MemoryBlobStore();
  private final BlobStore store = new EmptyProvidingBlobStore(new VerifyingBlobStore(delegate));

  @Override
  protected BlobStore store() {
    return store;
  }

  @ParameterizedTest
  @EnumSource(DigestFunction.class)
  void theEmptyBlobExistsWithoutHavingBeenWritten(DigestFunction function) {
    Digest empty = function.digestOf(new byte[0]);
    assertThat(store.findMissing(INSTANCE, Set.of(empty))).isEmpty();
    assertThat(Blobs.read(store, INSTANCE, empty, 0)).isEqualTo(ByteString.EMPTY);
    assertThat(store.readAll(INSTANCE, Set.of(empty))).isEqualTo(Map.of(empty, ByteString.EMPTY));
  }

  @Test
  void writingTheEmptyBlobNeverReachesTheDelegate() {
    Digest empty = DigestFunction.SHA256.digestOf(new byte[0]);
    Blobs.write(store, INSTANCE, empty, ByteString.EMPTY);
    assertThat(store.writeAll(INSTANCE, Map.of(empty, ByteString.EMPTY))).isEmpty();
    assertThat(delegate.findMissing(INSTANCE, Set.of(empty))).containsExactly(empty);
  }

  @Test
  void bytesUnderTheEmptyDigestAreRefused() {
    Digest empty = DigestFunction.SHA256.digestOf(new byte[0]);
    ByteString byteOfIt = ByteString.copyFromUtf8("x");
    assertThatThrownBy(() -> Blobs.write(store, INSTANCE, empty, byteOfIt))
        .isInstanceOf(Failure.ContentMismatch.class);
    assertThat(store.writeAll(INSTANCE, Map.of(empty, byteOfIt)).get(empty))
        .isInstanceOf(Failure.ContentMismatch.class);
  }

  @Test
  void aSizeOfZeroUnderAnotherHashIsNotTheEmptyBlob() {
    Digest fake = new Digest(DigestFunction.SHA256, "0".repeat(64), 0);
    assertThat(store.findMissing(INSTANCE, Set.of(fake))).containsExactly(fake);
    assertThatThrownBy(() -> Blobs.write(store, INSTANCE, fake, ByteString.EMPTY))
        .isInstanceOf(Failure.ContentMismatch.class);
  }
}
