package dev.millrace.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.digest.Digest;
import dev.millrace.systemtests.Bazel.Outcome;
import java.util.Map;

/** A build and its tests on the worker, then both again: however the suite is put together. */
final class RemoteBuildScenario {

  private RemoteBuildScenario() {}

  static void everythingRunsOnTheWorkerAndThenHits(Bazel bazel, String endpoint) {
    String[] remote = {
      "--remote_executor=" + endpoint, "--spawn_strategy=remote", "--remote_download_outputs=all"
    };
    Outcome build = bazel.run("build", remote[0], remote[1], remote[2], "//...");
    Outcome test = bazel.run("test", remote[0], remote[1], remote[2], "//...");
    assertThat(build.exitCode()).isZero();
    assertThat(test.exitCode()).isZero();
    assertThat(build.processes().keySet()).contains("remote").isSubsetOf("remote", "internal");
    assertThat(build.processes().get("remote")).isGreaterThan(20);
    assertThat(test.processes().keySet()).contains("remote").isSubsetOf("remote", "internal");
    Map<String, Digest> first = bazel.outputs();

    assertThat(bazel.run("clean").exitCode()).isZero();
    Outcome again = bazel.run("build", remote[0], remote[1], remote[2], "//...");
    Outcome testAgain = bazel.run("test", remote[0], remote[1], remote[2], "//...");
    assertThat(again.exitCode()).isZero();
    assertThat(testAgain.exitCode()).isZero();
    assertThat(again.processes().keySet())
        .contains("remote cache hit")
        .isSubsetOf("remote cache hit", "internal");
    assertThat(testAgain.processes().keySet())
        .contains("remote cache hit")
        .isSubsetOf("remote cache hit", "internal");
    assertThat(bazel.outputs()).isEqualTo(first).isNotEmpty();
  }
}
