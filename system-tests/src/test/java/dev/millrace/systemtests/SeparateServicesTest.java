package dev.millrace.systemtests;

import dev.millrace.testing.TestDatabase;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three services and a worker, each a process of its own, on one PostgreSQL, behind one nginx. */
@Tag("real-clients")
final class SeparateServicesTest {

  private static final Pattern STARTED = Pattern.compile("Started \\w+Application in");

  @TempDir Path directory;

  @Test
  void everythingRunsOnTheWorkerAndThenHits() {
    int cas = Repository.freePort();
    int actionCache = Repository.freePort();
    int execution = Repository.freePort();
    String database = TestDatabase.createUrl();
    try (ServiceProcess casService =
            ServiceProcess.start(
                "cas-service",
                STARTED,
                List.of(
                    "--spring.grpc.server.port=" + cas,
                    "--millrace.cas.disk.directory=" + directory.resolve("blobs")));
        ServiceProcess actionCacheService =
            ServiceProcess.start(
                "actioncache-service",
                STARTED,
                List.of(
                    "--spring.grpc.server.port=" + actionCache,
                    "--spring.datasource.url=" + database,
                    "--spring.datasource.username=postgres",
                    "--millrace.cas.target=127.0.0.1:" + cas));
        ServiceProcess executionService =
            ServiceProcess.start(
                "execution-service",
                STARTED,
                List.of(
                    "--spring.grpc.server.port=" + execution,
                    "--spring.datasource.url=" + database,
                    "--spring.datasource.username=postgres",
                    "--millrace.cas.target=127.0.0.1:" + cas,
                    "--millrace.actioncache.target=127.0.0.1:" + actionCache));
        Proxy proxy =
            Proxy.start(
                directory.resolve("nginx"),
                Map.of("cas", cas, "actioncache", actionCache, "execution", execution));
        ServiceProcess worker =
            ServiceProcess.start(
                "worker",
                STARTED,
                List.of(
                    "--millrace.worker.directory=" + directory.resolve("worker"),
                    "--millrace.worker.slots=2",
                    "--millrace.cas.target=127.0.0.1:" + cas,
                    "--millrace.execution.target=127.0.0.1:" + execution));
        Bazel bazel = Bazel.inCopyOf(Repository.example("cpp"), directory)) {
      RemoteBuildScenario.everythingRunsOnTheWorkerAndThenHits(bazel, proxy.endpoint());
    }
  }
}
