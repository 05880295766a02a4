package dev.millrace.execution.store;

import java.util.Set;

/**
 * What a caller wants to have inside of the result.
 *
 * @param outputFiles paths of output files
 */
public record Wishes(boolean stdout, boolean stderr, Set<String> outputFiles) {

  public static final Wishes NONE = new Wishes(false, false, Set.of());

  public Wishes {
    outputFiles = Set.copyOf(outputFiles);
  }
}
