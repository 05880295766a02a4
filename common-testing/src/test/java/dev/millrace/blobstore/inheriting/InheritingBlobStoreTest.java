package dev.millrace.blobstore.inheriting;

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

final class InheritingBlobStoreTest extends BlobStoreContract {

  private static final InstanceName TEAM = new InstanceName("team");
  private static final InstanceName PROJECT = new InstanceName("team/project");

  private final MemoryBlobStore delegate = new MemoryBlobStore();
  private final BlobStore store = new InheritingBlobStore(new VerifyingBlobStore(delegate));

  @Override
  protected BlobStore store() {
    return store;
  }

  @Test
  void aProjectReadsWhatItsTeamAndEveryoneWrote() {
    Digest ofAll = write(InstanceName.ROOT, "of all");
    Digest ofTeam = write(TEAM, "of the team");
    Digest own = write(PROJECT, "own");
    Set<Digest> all = Set.of(ofAll, ofTeam, own);
    assertThat(store.findMissing(PROJECT, all)).isEmpty();
    assertThat(store.readAll(PROJECT, all)).containsOnlyKeys(all);
    assertThat(Blobs.read(store, PROJECT, ofTeam, 100).toStringUtf8()).isEqualTo("of the team");
    assertThat(Blobs.read(store, PROJECT, ofAll, 100).toStringUtf8()).isEqualTo("of all");
  }

  @Test
  void aTeamDoesNotReadWhatItsProjectsWrote() {
    Digest own = write(PROJECT, "own");
    for (InstanceName other :
        new InstanceName[] {TEAM, InstanceName.ROOT, new InstanceName("team/other")}) {
      assertThat(store.findMissing(other, Set.of(own))).containsExactly(own);
      assertThat(store.readAll(other, Set.of(own))).isEmpty();
      assertThatThrownBy(() -> store.open(other, own)).isInstanceOf(Failure.BlobAbsent.class);
    }
  }

  @Test
  void writesGoToTheInstanceThatIsNamed() {
    ByteString blob = ByteString.copyFromUtf8("written in a batch");
    Digest batched = DigestFunction.SHA256.digestOf(blob.toByteArray());
    assertThat(store.writeAll(PROJECT, Map.of(batched, blob))).isEmpty();
    Digest streamed = write(PROJECT, "written as a stream");
    Set<Digest> both = Set.of(batched, streamed);
    assertThat(delegate.findMissing(PROJECT, both)).isEmpty();
    assertThat(delegate.findMissing(TEAM, both)).isEqualTo(both);
  }

  private Digest write(InstanceName instance, String content) {
    return Blobs.write(store, instance, DigestFunction.SHA256, ByteString.copyFromUtf8(content));
  }
}
