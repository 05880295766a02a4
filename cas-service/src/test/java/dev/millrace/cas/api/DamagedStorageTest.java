package dev.millrace.cas.api;

import static dev.millrace.cas.api.Cas.fails;
import static org.assertj.core.api.Assertions.assertThat;

import build.bazel.remote.execution.v2.BatchReadBlobsRequest;
import com.google.protobuf.ByteString;
import com.google.rpc.Code;
import dev.millrace.blobstore.BlobReader;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.BlobWriter;
import dev.millrace.blobstore.Blobs;
import dev.millrace.digest.Digest;
import dev.millrace.digest.wire.Digests;
import dev.millrace.failure.Failure;
import dev.millrace.grpc.request.DigestFunctionPolicy;
import dev.millrace.instance.InstanceName;
import dev.millrace.testing.RandomBlobs;
import io.grpc.Status;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Storage that fails is never an absent blob, and fails no other blob. */
final class DamagedStorageTest {

  private final RandomBlobs random = RandomBlobs.seeded();
  private final Set<Digest> damaged = new HashSet<>();
  private final Cas cas =
      new Cas(DigestFunctionPolicy.DEFAULT, Cas.MAX_BATCH, store -> new Damaging(store, damaged));
  private final ByteString soundBlob = random.next(10);
  private final Digest sound = cas.put(soundBlob);
  private final Digest broken = cas.put(random.next(20));

  @AfterEach
  void close() throws InterruptedException {
    cas.close();
  }

  @Test
  void aDamagedBlobIsInternalAndTheOthersOfItsBatchAreServed() {
    damaged.add(broken);
    var responses =
        cas.storage()
            .batchReadBlobs(
                BatchReadBlobsRequest.newBuilder()
                    .setInstanceName(Cas.INSTANCE.value())
                    .addDigests(Digests.toProto(broken))
                    .addDigests(Digests.toProto(sound))
                    .build())
            .getResponsesList();
    assertThat(responses)
        .extracting(r -> Code.forNumber(r.getStatus().getCode()))
        .containsExactly(Code.INTERNAL, Code.OK);
    assertThat(responses.getLast().getData()).isEqualTo(soundBlob);
    fails(Status.Code.INTERNAL, () -> cas.read(Cas.blob(broken), 0, 0));
  }

  /** Fails to read some blobs. */
  private record Damaging(BlobStore delegate, Set<Digest> damaged) implements BlobStore {
    @Override
    public BlobReader open(InstanceName instance, Digest digest) {
      if (damaged.contains(digest)) {
        throw new Failure.Corrupt("damaged on purpose", null);
      }
      return delegate.open(instance, digest);
    }

    @Override
    public BlobWriter create(InstanceName instance, Digest digest) {
      return delegate.create(instance, digest);
    }

    @Override
    public Set<Digest> findMissing(InstanceName instance, Set<Digest> digests) {
      return delegate.findMissing(instance, digests);
    }

    @Override
    public Map<Digest, ByteString> readAll(InstanceName instance, Set<Digest> digests) {
      return Blobs.readEach(this, instance, digests);
    }

    @Override
    public Map<Digest, Failure> writeAll(InstanceName instance, Map<Digest, ByteString> blobs) {
      return delegate.writeAll(instance, blobs);
    }
  }
}
