package dev.millrace.worker;

import dev.millrace.worker.filecache.Placement;
import dev.millrace.worker.process.SandboxSetting;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * What an operator can set of a worker.
 *
 * @param instance whose actions it runs
 * @param botId its name; if not set, one is made up and kept in {@code directory}
 * @param slots how many actions run at a time; if not set, as many as there are processors
 * @param directory where everything of it on disk is: file cache and actions; if not set, in the
 *     user's cache directory
 * @param platform platform properties it offers, over the ones it knows itself
 * @param sandbox which sandbox actions run in
 * @param network whether sandboxed actions may use the network
 * @param hiddenPaths directories of the host that sandboxed actions find empty, and files that they
 *     cannot read
 * @param inputs how input files get from the cache into an action's directory
 * @param cacheSize bytes of input files kept between actions
 * @param maxLogSize the most that an action may print to each of stdout and stderr
 * @param maxInputNodes the most files, directories and links of one action's inputs
 * @param defaultTimeout for actions that set none
 * @param drainGrace how long running actions may go on once the worker is told to end
 */
@ConfigurationProperties(prefix = "millrace.worker")
public record WorkerProperties(
    @DefaultValue("") String instance,
    @Nullable String botId,
    @Nullable Integer slots,
    @Nullable String directory,
    @DefaultValue Map<String, List<String>> platform,
    @DefaultValue("auto") SandboxSetting sandbox,
    @DefaultValue("false") boolean network,
    @DefaultValue({"/home", "/root", "/run", "/etc/shadow", "/etc/gshadow"})
        List<String> hiddenPaths,
    @DefaultValue("hard-link") Placement inputs,
    @DefaultValue("10GB") DataSize cacheSize,
    @DefaultValue("1GB") DataSize maxLogSize,
    @DefaultValue("1000000") int maxInputNodes,
    @DefaultValue("1h") Duration defaultTimeout,
    @DefaultValue("20s") Duration drainGrace) {

  public WorkerProperties {
    platform = Map.copyOf(platform);
    hiddenPaths = List.copyOf(hiddenPaths);
    if (slots != null && slots < 1) {
      throw new IllegalArgumentException("slots: at least one, not " + slots);
    }
    if (cacheSize.isNegative()) {
      throw new IllegalArgumentException("cache-size: must not be negative, is " + cacheSize);
    }
    if (maxLogSize.toBytes() < 1) {
      throw new IllegalArgumentException("max-log-size: must be positive, is " + maxLogSize);
    }
    if (maxInputNodes < 1) {
      throw new IllegalArgumentException("max-input-nodes: at least one, not " + maxInputNodes);
    }
    if (defaultTimeout.isNegative() || defaultTimeout.isZero()) {
      throw new IllegalArgumentException("default-timeout: must be positive, is " + defaultTimeout);
    }
    if (drainGrace.isNegative()) {
      throw new IllegalArgumentException("drain-grace: must not be negative, is " + drainGrace);
    }
  }

  /** Actions that run at a time. */
  public int slotsOrDefault() {
    return slots == null ? Runtime.getRuntime().availableProcessors() : slots;
  }

  Path directoryOrDefault() {
    return directory == null
        ? Path.of(System.getProperty("user.home"), ".cache", "millrace", "worker")
        : Path.of(directory);
  }
}
