package dev.millrace.cas.upload;

import com.google.protobuf.ByteString;
import dev.millrace.digest.Digest;
import dev.millrace.failure.Failure;
import dev.millrace.resourcename.ResourceName;
import dev.millrace.staging.StagedBlob;
import java.nio.ByteBuffer;
import java.util.Map;

/**
 * A blob on its way in, on the heap: it arrives in a few messages, and most never need a place to
 * be kept at. It gets one when it is suspended.
 */
final class GatheredBlob implements StagedBlob {

  private final ResourceName.Upload name;
  private final UploadPlaces places;
  private final GatheringRoom.Share share;
  private GatheredBytes gathered;

  /**
   * @param share of the size of the blob, which this gives back when it is closed
   */
  GatheredBlob(ResourceName.Upload name, UploadPlaces places, GatheringRoom.Share share) {
    this.name = name;
    this.places = places;
    this.share = share;
    this.gathered = new GatheredBytes((int) name.digest().sizeBytes());
  }

  @Override
  public long written() {
    return gathered.size();
  }

  @Override
  public void write(ByteBuffer bytes) {
    Digest digest = name.digest();
    if (bytes.remaining() > digest.sizeBytes() - gathered.size()) {
      throw new Failure.ContentMismatch(
          digest, "more than the %d bytes of the digest were sent".formatted(digest.sizeBytes()));
    }
    gathered.add(bytes);
  }

  @Override
  public int read(long position, ByteBuffer target) {
    int from = Math.toIntExact(position);
    int length = Math.min(target.remaining(), gathered.size() - from);
    gathered
        .content()
        .substring(from, from + length)
        .asReadOnlyByteBufferList()
        .forEach(target::put);
    return length;
  }

  @Override
  public void commit() {
    Map<Digest, ByteString> blob = Map.of(name.digest(), gathered.content());
    Failure failure = places.store().writeAll(name.instance(), blob).get(name.digest());
    if (failure != null) {
      throw failure;
    }
  }

  @Override
  public void suspend() {
    try (StagedBlob staged = places.staging().begin(name)) {
      gathered.content().asReadOnlyByteBufferList().forEach(staged::write);
      staged.suspend();
    }
  }

  @Override
  public void close() {
    gathered = new GatheredBytes(0);
    share.close();
  }
}
