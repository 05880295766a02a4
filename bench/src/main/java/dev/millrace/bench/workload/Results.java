package dev.millrace.bench.workload;

import build.bazel.remote.execution.v2.ActionResult;
import build.bazel.remote.execution.v2.Digest;
import dev.millrace.bench.client.Blob;
import dev.millrace.bench.client.BlobFamily;
import java.util.List;

/** Results of actions that nobody ran. */
final class Results {

  /** Numbers of blobs that stand for actions begin here, far from those of content. */
  private static final long ACTIONS = Long.MIN_VALUE / 2;

  private Results() {}

  /** The digest of an action, which itself is stored nowhere. */
  static Digest action(BlobFamily family, long round, long number) {
    return family.blob(round, ACTIONS + number).digest();
  }

  static ActionResult result(List<Blob> outputs) {
    ActionResult.Builder result = ActionResult.newBuilder();
    for (int i = 0; i < outputs.size(); i++) {
      result
          .addOutputFilesBuilder()
          .setPath("bazel-out/k8-fastbuild/bin/some/package/output-" + i + ".o")
          .setDigest(outputs.get(i).digest());
    }
    result.getExecutionMetadataBuilder().setWorker("bench");
    return result.build();
  }
}
