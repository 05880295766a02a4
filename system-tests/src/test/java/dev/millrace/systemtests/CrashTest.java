package dev.millrace.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The blob service, killed without warning at random moments. {@code -Dmillrace.crash.rounds=200}
 * makes it a long test, {@code -Dmillrace.crash.seed} repeats one.
 */
final class CrashTest {

  private static final Pattern STARTED = Pattern.compile("Started \\w+Application in");
  private static final int ROUNDS = Integer.getInteger("millrace.crash.rounds", 4);
  private static final long SEED = Long.getLong("millrace.crash.seed", System.nanoTime());

  @TempDir Path directory;

  @Test
  void onDiskNothingAcknowledgedIsLostAndNothingIsHalfThere() {
    assertNothingIsLost(
        List.of(
            "--millrace.cas.disk.directory=" + directory.resolve("blobs"),
            "--millrace.cas.disk.capacity=20GB"));
  }

  @Test
  void onS3AndPostgresNothingAcknowledgedIsLostAndNothingIsHalfThere() {
    assertNothingIsLost(SharedStorage.create().arguments(directory.resolve("copies")));
  }

  private static void assertNothingIsLost(List<String> storage) {
    System.out.println("CrashTest seed " + SEED);
    int port = Repository.freePort();
    List<String> arguments = new ArrayList<>(storage);
    arguments.add("--spring.grpc.server.port=" + port);
    CrashRounds rounds =
        new CrashRounds(() -> ServiceProcess.launch("cas-service", STARTED, arguments), port, SEED);
    assertThat(rounds.run(ROUNDS)).isEmpty();
  }
}
