package dev.millrace.worker;

import dev.millrace.blobstore.BlobStore;
import dev.millrace.instance.InstanceName;
import dev.millrace.worker.action.ActionRunner;
import dev.millrace.worker.action.RunnerSettings;
import dev.millrace.worker.action.SandboxedActionRunner;
import dev.millrace.worker.action.Workspaces;
import dev.millrace.worker.filecache.FileCache;
import dev.millrace.worker.input.InputFiles;
import dev.millrace.worker.input.InputRootBuilder;
import dev.millrace.worker.lease.Bot;
import dev.millrace.worker.lease.BotDescription;
import dev.millrace.worker.lease.BotTiming;
import dev.millrace.worker.process.ProcessRunner;
import dev.millrace.worker.process.SandboxPolicy;
import dev.millrace.worker.process.SandboxProbe;
import io.grpc.Channel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.random.RandomGenerator;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * A worker. Needs a {@link BlobStore} for what actions read and write, the channel {@code
 * botsChannel} to whoever has work, and a {@link Clock}.
 */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(WorkerProperties.class)
public class WorkerConfiguration {

  /** Belongs to whom this process runs as. */
  private static final Path SELF = Path.of("/proc/self");

  @Bean
  WorkerDirectory workerDirectory(WorkerProperties properties) throws IOException {
    return new WorkerDirectory(properties.directoryOrDefault());
  }

  @Bean
  Workspaces workspaces(WorkerDirectory directory) throws IOException {
    return Workspaces.open(directory.work());
  }

  @Bean
  ProcessRunner processRunner(WorkerDirectory directory, WorkerProperties properties)
      throws IOException, InterruptedException {
    List<Path> hidden = new ArrayList<>(List.of(directory.path()));
    properties.hiddenPaths().forEach(path -> hidden.add(Path.of(path)));
    // What contains another comes first, so as not to cover it.
    hidden.sort(Comparator.comparing(Path::getNameCount));
    boolean root = Integer.valueOf(0).equals(Files.getAttribute(SELF, "unix:uid"));
    SandboxPolicy policy = new SandboxPolicy(properties.network(), root, hidden);
    return new ProcessRunner(
        new SandboxProbe(directory.path().resolve("probe")).choose(properties.sandbox(), policy));
  }

  @Bean
  InputRootBuilder inputRootBuilder(
      BlobStore store, WorkerDirectory directory, WorkerProperties properties) throws IOException {
    FileCache cache = FileCache.open(directory.cache(), properties.cacheSize().toBytes());
    return new InputRootBuilder(new InputFiles(store, cache), properties.maxInputNodes());
  }

  @Bean
  ActionRunner actionRunner(
      BlobStore store,
      InputRootBuilder inputs,
      ProcessRunner processes,
      Workspaces workspaces,
      WorkerDirectory directory,
      WorkerProperties properties,
      Clock clock)
      throws IOException {
    return new SandboxedActionRunner(
        store,
        inputs,
        processes,
        workspaces,
        new RunnerSettings(
            directory.botId(properties.botId()),
            properties.defaultTimeout(),
            properties.maxLogSize().toBytes(),
            properties.inputs()),
        clock);
  }

  @Bean
  WorkerLifecycle workerLifecycle(
      @Qualifier("botsChannel") Channel channel,
      ActionRunner runner,
      WorkerDirectory directory,
      WorkerProperties properties,
      Clock clock)
      throws IOException {
    BotDescription description =
        new BotDescription(
            new InstanceName(properties.instance()),
            directory.botId(properties.botId()),
            Platform.offered(System.getProperty("os.arch"), properties.platform()),
            properties.slotsOrDefault());
    return new WorkerLifecycle(
        () ->
            new Bot(
                channel,
                description,
                runner,
                BotTiming.STANDARD,
                clock,
                RandomGenerator.getDefault()),
        properties.drainGrace());
  }
}
