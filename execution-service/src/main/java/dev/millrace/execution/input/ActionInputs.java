package dev.millrace.execution.input;

import build.bazel.remote.execution.v2.Action;
import build.bazel.remote.execution.v2.Command;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Parser;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.Blobs;
import dev.millrace.digest.Digest;
import dev.millrace.digest.wire.Digests;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Reads actions, and finds out which of all the blobs that one needs are absent. */
public final class ActionInputs {

  /** Far beyond what tools write, and little enough to hold. */
  private static final int MAX_MESSAGE_BYTES = 32 * 1024 * 1024;

  /** The most absent blobs that are named, so that they fit into a message: some two megabytes. */
  private static final int MOST_NAMED = 20_000;

  private final BlobStore blobs;
  private final InputTree trees;

  public ActionInputs(BlobStore blobs) {
    this.blobs = blobs;
    this.trees = new InputTree(blobs);
  }

  /** An action and the command that it runs. */
  public record RunnableAction(Action action, Command command) {}

  /**
   * Reads an action, and makes sure that everything it needs is there.
   *
   * @throws Failure.BlobsMissing if anything is absent: all of it is named
   * @throws Failure.InvalidRequest if something of it is malformed
   */
  public RunnableAction require(InstanceName instance, Digest digest) {
    try {
      Action action = action(instance, digest);
      List<Digest> missing = findMissing(instance, digest, action);
      if (!missing.isEmpty()) {
        throw new Failure.BlobsMissing("the inputs of action " + digest, missing);
      }
      Command command =
          parse(instance, commandOf(action, digest), Command.parser(), "action.command_digest");
      return new RunnableAction(action, command);
    } catch (Failure.BlobAbsent absent) {
      // The action itself, or a command that was dropped within the blink of an eye.
      throw new Failure.BlobsMissing("action " + digest, List.of(absent.digest()));
    }
  }

  /**
   * Everything that an action needs and that is absent, as far as what is there tells; empty if
   * nothing is.
   */
  public List<Digest> findMissing(InstanceName instance, Digest digest) {
    try {
      return findMissing(instance, digest, action(instance, digest));
    } catch (Failure.BlobAbsent absent) {
      return List.of(absent.digest());
    }
  }

  private List<Digest> findMissing(InstanceName instance, Digest digest, Action action) {
    // Asking for what has been read keeps it from being collected before a worker reads it.
    Set<Digest> messages = new LinkedHashSet<>(List.of(digest, commandOf(action, digest)));
    messages.removeIf(Digest::isEmpty);
    Set<Digest> missing = new LinkedHashSet<>(blobs.findMissing(instance, messages));
    Digest root =
        Digests.fromProto(
            action.getInputRootDigest(), digest.function(), "action.input_root_digest");
    missing.addAll(trees.findMissing(instance, root));
    return missing.stream().limit(MOST_NAMED).toList();
  }

  private Action action(InstanceName instance, Digest digest) {
    return parse(instance, digest, Action.parser(), "action_digest");
  }

  private static Digest commandOf(Action action, Digest digest) {
    return Digests.fromProto(action.getCommandDigest(), digest.function(), "action.command_digest");
  }

  private <T> T parse(InstanceName instance, Digest digest, Parser<T> parser, String field) {
    ByteString blob =
        digest.isEmpty()
            ? ByteString.EMPTY
            : Blobs.read(blobs, instance, digest, MAX_MESSAGE_BYTES);
    try {
      return parser.parseFrom(blob);
    } catch (InvalidProtocolBufferException e) {
      throw new Failure.InvalidRequest(field, "the blob " + digest + " does not parse");
    }
  }
}
