package dev.millrace.bench.workload;

import build.bazel.remote.execution.v2.Action;
import build.bazel.remote.execution.v2.Command;
import build.bazel.remote.execution.v2.Digest;
import build.bazel.remote.execution.v2.ExecuteRequest;
import build.bazel.remote.execution.v2.Platform;
import com.google.protobuf.ByteString;
import dev.millrace.bench.client.Blob;
import dev.millrace.bench.client.Connection;
import java.util.ArrayList;
import java.util.List;

/** Actions of a pool, all of them different, that do nothing. */
record Actions(String pool, int count) {

  /** What a batch takes along, at most. */
  private static final int BATCH = 500;

  /** Stores them; returns what has them run. */
  List<ExecuteRequest> store(Connection connection) {
    Blob command = Blob.of(Command.newBuilder().addArguments("true").build().toByteString());
    Blob root = Blob.of(ByteString.EMPTY);
    long unused = connection.batchUpdate(List.of(command)).join();
    List<Blob> stored = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      stored.add(Blob.of(action(command.digest(), root.digest(), i).toByteString()));
    }
    for (int from = 0; from < count; from += BATCH) {
      long alsoUnused =
          connection.batchUpdate(stored.subList(from, Math.min(count, from + BATCH))).join();
    }
    return stored.stream().map(action -> connection.executeRequest(action.digest())).toList();
  }

  private Action action(Digest command, Digest root, int number) {
    return Action.newBuilder()
        .setCommandDigest(command)
        .setInputRootDigest(root)
        .setSalt(ByteString.copyFromUtf8(pool + number))
        .setPlatform(
            Platform.newBuilder()
                .addProperties(Platform.Property.newBuilder().setName("pool").setValue(pool)))
        .build();
  }
}
