package dev.millrace.actioncache.inlining;

import build.bazel.remote.execution.v2.ActionResult;
import build.bazel.remote.execution.v2.OutputFile;
import com.google.protobuf.ByteString;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.digest.wire.Digests;
import dev.millrace.instance.InstanceName;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Puts contents into a result as far as a message has room: standard output first, then standard
 * error, then output files in their order. What does not fit is left to be fetched by its digest.
 */
public final class ResultInlining {

  /** A field's number and length, and a longer length in front of what it is nested in. */
  private static final int FIELD_BYTES = 16;

  private final BlobStore blobs;
  private final int maxMessageBytes;

  /**
   * @param maxMessageBytes the most bytes that a result may have with its contents
   */
  public ResultInlining(BlobStore blobs, int maxMessageBytes) {
    this.blobs = blobs;
    this.maxMessageBytes = maxMessageBytes;
  }

  /**
   * The result as it is kept: contents that a digest names as well are left out, since they may be
   * asked for or not, and only the store vouches for them. Standard streams that came without a
   * digest stay.
   */
  public static ActionResult strip(ActionResult result) {
    if (isBare(result)) {
      return result;
    }
    ActionResult.Builder stripped = result.toBuilder();
    if (result.hasStdoutDigest()) {
      stripped.clearStdoutRaw();
    }
    if (result.hasStderrDigest()) {
      stripped.clearStderrRaw();
    }
    stripped.getOutputFilesBuilderList().forEach(OutputFile.Builder::clearContents);
    return stripped.build();
  }

  /**
   * The result with what the client wishes for in it, and nothing else that could be left out.
   *
   * @param function the function that the result's digests are of
   */
  public ActionResult inline(
      InstanceName instance, DigestFunction function, ActionResult result, InliningWishes wishes) {
    ActionResult bare = strip(result);
    if (wishes.isNone()) {
      return bare;
    }
    ActionResult.Builder inlined = bare.toBuilder();
    Room room = new Room(maxMessageBytes - inlined.buildPartial().getSerializedSize());
    if (wishes.stdout() && inlined.hasStdoutDigest()) {
      room.offer(
          Digests.fromProto(inlined.getStdoutDigest(), function, "stdout_digest"),
          inlined::setStdoutRaw);
    }
    if (wishes.stderr() && inlined.hasStderrDigest()) {
      room.offer(
          Digests.fromProto(inlined.getStderrDigest(), function, "stderr_digest"),
          inlined::setStderrRaw);
    }
    for (OutputFile.Builder file : inlined.getOutputFilesBuilderList()) {
      if (wishes.outputFiles().contains(file.getPath())) {
        room.offer(
            Digests.fromProto(file.getDigest(), function, "output_files.digest"),
            file::setContents);
      }
    }
    room.fill(blobs, instance);
    return inlined.build();
  }

  private static boolean isBare(ActionResult result) {
    if (result.hasStdoutDigest() && !result.getStdoutRaw().isEmpty()
        || result.hasStderrDigest() && !result.getStderrRaw().isEmpty()) {
      return false;
    }
    for (OutputFile file : result.getOutputFilesList()) {
      if (!file.getContents().isEmpty()) {
        return false;
      }
    }
    return true;
  }

  /** The room left in a message, and who is to get which blob in it. */
  private static final class Room {
    private long left;
    private final Map<Consumer<ByteString>, Digest> takers = new LinkedHashMap<>();

    Room(long left) {
      this.left = left;
    }

    void offer(Digest digest, Consumer<ByteString> taker) {
      long needed = digest.sizeBytes() + FIELD_BYTES;
      // The sum may overflow for a size that no blob has; then it does not fit either.
      if (needed > 0 && needed <= left) {
        left -= needed;
        takers.put(taker, digest);
      }
    }

    void fill(BlobStore blobs, InstanceName instance) {
      if (takers.isEmpty()) {
        return;
      }
      Set<Digest> wanted = new LinkedHashSet<>(takers.values());
      Map<Digest, ByteString> contents = blobs.readAll(instance, wanted);
      takers.forEach((taker, digest) -> {
        ByteString content = contents.get(digest);
        // Dropped since the result was looked up: the client will find out as for any other.
        if (content != null) {
          taker.accept(content);
        }
      });
    }
  }
}
