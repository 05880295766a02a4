package dev.millrace.worker.action;

import build.bazel.remote.execution.v2.Action;
import build.bazel.remote.execution.v2.Command;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.Blobs;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.digest.wire.Digests;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import java.util.List;

/** Reads the messages that describe an action. */
final class ActionMessages {

  private static final int MAX_BYTES = 64 * 1024 * 1024;

  private final BlobStore store;

  ActionMessages(BlobStore store) {
    this.store = store;
  }

  Action action(ActionOrder order) {
    return switch (order) {
      case ActionOrder.Inline inline -> inline.action();
      case ActionOrder.Stored stored ->
          read(stored.instance(), stored.action(), Action.parser(), "Action");
    };
  }

  Command command(InstanceName instance, Action action, DigestFunction function) {
    return read(
        instance,
        Digests.fromProto(action.getCommandDigest(), function, "command_digest"),
        Command.parser(),
        "Command");
  }

  private <M extends Message> M read(
      InstanceName instance, Digest digest, Parser<M> parser, String what) {
    try {
      return parser.parseFrom(Blobs.read(store, instance, digest, MAX_BYTES));
    } catch (Failure.BlobAbsent absent) {
      throw new Failure.BlobsMissing(what, List.of(digest));
    } catch (InvalidProtocolBufferException e) {
      throw new Failure.InvalidRequest("action_digest", digest + " is no " + what + " message");
    }
  }
}
