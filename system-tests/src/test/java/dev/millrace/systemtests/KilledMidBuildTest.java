package dev.millrace.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The process dies without warning while a build is under way. */
@Tag("real-clients")
final class KilledMidBuildTest {

  @TempDir Path directory;

  @Test
  void theSameBuildSucceedsAfterKillAndRestartAndNothingCorruptIsServed() throws Exception {
    long seed = System.nanoTime();
    System.out.println("KilledMidBuildTest seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    try (Standalone millrace = Standalone.start(directory.resolve("data"));
        Bazel bazel = Bazel.inCopyOf(Repository.example("cpp"), directory)) {
      String[] remote = {
        "--remote_executor=" + millrace.endpoint(), "--spawn_strategy=remote", "//..."
      };
      Path log = directory.resolve("killed.log");
      Process build = bazel.start(log, "build", remote);
      // Somewhere between the first upload and the end of the build.
      build.waitFor(random.nextInt(4_000, 12_000), TimeUnit.MILLISECONDS);
      millrace.killAndStartAgain();
      build.waitFor(5, TimeUnit.MINUTES);
      System.out.println(Files.readString(log));

      assertThat(bazel.run("build", remote).exitCode()).isZero();
      assertThat(bazel.run("test", remote).exitCode()).isZero();
      StoredBlobs.assertWhole(millrace.port(), bazel);
    }
  }
}
