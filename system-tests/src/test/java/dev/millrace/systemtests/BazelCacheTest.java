package dev.millrace.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.digest.Digest;
import dev.millrace.systemtests.Bazel.Outcome;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bazel builds on its own machine and keeps the results here. */
@Tag("real-clients")
final class BazelCacheTest {

  @TempDir Path directory;

  @Test
  void aSecondBuildIsServedFromTheCacheAndByteIdentical() {
    try (Standalone millrace = Standalone.start(directory.resolve("data"));
        Bazel bazel = Bazel.inCopyOf(Repository.example("cpp"), directory)) {
      String cache = "--remote_cache=" + millrace.endpoint();
      String all = "--remote_download_outputs=all";
      assertThat(bazel.run("build", cache, all, "//...").exitCode()).isZero();
      assertThat(bazel.run("test", cache, all, "//...").exitCode()).isZero();
      Map<String, Digest> first = bazel.outputs();

      assertThat(bazel.run("clean").exitCode()).isZero();
      Outcome build = bazel.run("build", cache, all, "//...");
      Outcome test = bazel.run("test", cache, all, "//...");

      assertThat(build.exitCode()).isZero();
      assertThat(test.exitCode()).isZero();
      assertThat(build.processes().keySet())
          .contains("remote cache hit")
          .isSubsetOf("remote cache hit", "internal");
      assertThat(build.processes().get("remote cache hit")).isGreaterThan(20);
      assertThat(test.processes().keySet())
          .contains("remote cache hit")
          .isSubsetOf("remote cache hit", "internal");
      assertThat(bazel.outputs()).isEqualTo(first).isNotEmpty();
    }
  }
}
