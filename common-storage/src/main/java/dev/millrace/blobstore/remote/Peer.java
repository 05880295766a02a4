package dev.millrace.blobstore.remote;

import build.bazel.remote.execution.v2.ContentAddressableStorageGrpc;
import build.bazel.remote.execution.v2.ContentAddressableStorageGrpc.ContentAddressableStorageBlockingV2Stub;
import com.google.bytestream.ByteStreamGrpc;
import com.google.bytestream.ByteStreamGrpc.ByteStreamBlockingV2Stub;
import dev.millrace.digest.Digest;
import dev.millrace.failure.Failure;
import dev.millrace.peer.Attempts;
import dev.millrace.peer.PeerFailures;
import io.grpc.Channel;
import io.grpc.StatusException;
import java.time.Duration;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * The service at the other end, and how patient its client is.
 *
 * @param attempts how calls that may be repeated are
 * @param uploadIds names for uploads, each another one
 * @param patience the longest that a unary call, or one message of a stream, may take; a stream as
 *     a whole takes as long as it moves
 */
record Peer(Channel channel, Attempts attempts, Supplier<UUID> uploadIds, Duration patience) {

  /** What our own edge calls the content, and what a refusal without a field is about. */
  private static final Set<String> CONTENT_FIELDS = Set.of("data", PeerFailures.UNNAMED_FIELD);

  ContentAddressableStorageBlockingV2Stub cas() {
    return ContentAddressableStorageGrpc.newBlockingV2Stub(channel).withDeadlineAfter(patience);
  }

  ByteStreamBlockingV2Stub byteStream() {
    return ByteStreamGrpc.newBlockingV2Stub(channel);
  }

  /** What a status means where one blob is spoken of. */
  static Failure failure(Digest digest, StatusException e) {
    return ofBlob(digest, PeerFailures.of(e));
  }

  /** What an item's status means in the answer to a batch. */
  static Failure failure(Digest digest, com.google.rpc.Status status) {
    return ofBlob(digest, PeerFailures.of(status));
  }

  private static Failure ofBlob(Digest digest, Failure failure) {
    return failure instanceof Failure.NotFound ? new Failure.BlobAbsent(digest) : failure;
  }

  /** The same for a write, where a refused argument is the content unless another is named. */
  static Failure writeFailure(Digest digest, Failure failure) {
    return failure instanceof Failure.InvalidRequest refused
            && CONTENT_FIELDS.contains(refused.field())
        ? new Failure.ContentMismatch(digest, String.valueOf(failure.getMessage()))
        : failure;
  }
}
