package dev.millrace.worker.process;

import java.nio.file.Path;
import java.util.List;

/**
 * What a sandbox lets actions see and reach.
 *
 * @param network whether they share the host's network
 * @param dropsRoot whether they run as an unprivileged user while the worker itself is root
 * @param hidden directories of the host that they find empty, and files that they cannot read
 */
public record SandboxPolicy(boolean network, boolean dropsRoot, List<Path> hidden) {

  public SandboxPolicy {
    hidden = List.copyOf(hidden);
    for (Path path : hidden) {
      if (!path.isAbsolute() || path.getNameCount() == 0) {
        throw new IllegalArgumentException("hidden: must be absolute and below /, not " + path);
      }
    }
  }
}
