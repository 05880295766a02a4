package dev.millrace.worker.input;

import dev.millrace.failure.Failure;
import dev.millrace.worker.filecache.Stamp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;

/**
 * What was linked into an input root, to be looked at again once the action is over: a file that
 * others see through links of their own must be as it was.
 */
public final class BuiltInputs {

  private final Map<Path, Stamp> linked;

  BuiltInputs(Map<Path, Stamp> linked) {
    this.linked = Map.copyOf(linked);
  }

  /**
   * Whether somebody wrote to a shared input meanwhile, this action or one beside it. What came of
   * the action cannot be trusted then. Actions may remove inputs, replace them by files of their
   * own or change permissions; none of that harms others.
   */
  public boolean wereWrittenTo() {
    for (Map.Entry<Path, Stamp> link : linked.entrySet()) {
      try {
        if (Files.exists(link.getKey(), LinkOption.NOFOLLOW_LINKS)
            && Stamp.of(link.getKey()).isWrittenSince(link.getValue())) {
          return true;
        }
      } catch (IOException e) {
        throw new Failure.Unavailable("cannot check input " + link.getKey(), e);
      }
    }
    return false;
  }
}
