package dev.millrace.cas.chunking;

import com.google.protobuf.ByteString;
import dev.millrace.blobstore.BlobReader;
import dev.millrace.blobstore.Blobs;
import dev.millrace.blobstore.memory.MemoryBlobStore;
import dev.millrace.digest.DigestFunction;
import dev.millrace.instance.InstanceName;
import java.util.ArrayList;
import java.util.List;

/** What content is cut into, read as it is from a store. */
final class Chunks {

  private Chunks() {}

  static List<ByteString> of(Chunking chunking, ByteString content) {
    MemoryBlobStore store = new MemoryBlobStore();
    var digest = Blobs.write(store, InstanceName.ROOT, DigestFunction.SHA1, content);
    List<ByteString> chunks = new ArrayList<>();
    try (BlobReader blob = store.open(InstanceName.ROOT, digest)) {
      ChunkReader reader = new ChunkReader(blob, chunking);
      for (var next = reader.next(); next.isPresent(); next = reader.next()) {
        chunks.add(ByteString.copyFrom(next.get()));
      }
    }
    return chunks;
  }

  static ByteString join(List<ByteString> chunks) {
    return ByteString.copyFrom(chunks);
  }
}
