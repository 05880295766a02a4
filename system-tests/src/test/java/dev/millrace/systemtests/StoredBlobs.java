package dev.millrace.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.blobstore.Blobs;
import dev.millrace.blobstore.remote.RemoteBlobStore;
import dev.millrace.digest.Digest;
import dev.millrace.instance.InstanceName;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import java.util.HashSet;
import java.util.Set;

/** Reads blobs back over the wire and hashes them. */
final class StoredBlobs {

  private StoredBlobs() {}

  /** Every stored blob of the build's outputs is, byte for byte, what its digest says. */
  static void assertWhole(int port, Bazel bazel) {
    ManagedChannel channel =
        Grpc.newChannelBuilder("127.0.0.1:" + port, InsecureChannelCredentials.create()).build();
    try {
      RemoteBlobStore store = new RemoteBlobStore(channel);
      Set<Digest> stored = new HashSet<>(bazel.outputs().values());
      stored.removeAll(store.findMissing(InstanceName.ROOT, stored));
      assertThat(stored).hasSizeGreaterThan(20);
      for (Digest digest : stored) {
        byte[] blob = Blobs.read(store, InstanceName.ROOT, digest, Integer.MAX_VALUE).toByteArray();
        assertThat(digest.function().digestOf(blob)).isEqualTo(digest);
      }
    } finally {
      channel.shutdownNow();
    }
  }
}
