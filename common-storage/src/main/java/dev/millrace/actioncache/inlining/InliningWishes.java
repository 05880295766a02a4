package dev.millrace.actioncache.inlining;

import java.util.Collection;
import java.util.Set;

/**
 * What a client asks to have inside of a result, as both GetActionResult and Execute carry it.
 *
 * @param outputFiles paths of output files, as the result has them
 */
public record InliningWishes(boolean stdout, boolean stderr, Set<String> outputFiles) {

  public static final InliningWishes NONE = new InliningWishes(false, false, Set.of());

  public InliningWishes {
    outputFiles = Set.copyOf(outputFiles);
  }

  /** Whether nothing at all is asked for, as nearly always. */
  boolean isNone() {
    return !stdout && !stderr && outputFiles.isEmpty();
  }

  public static InliningWishes of(boolean stdout, boolean stderr, Collection<String> outputFiles) {
    return new InliningWishes(stdout, stderr, Set.copyOf(outputFiles));
  }
}
