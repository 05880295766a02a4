package dev.millrace.standalone;

import java.nio.file.Path;

/** What somebody who has just started Millrace needs to know, and to paste. */
record Announcement(String endpoint, Path data, int slots) {

  @Override
  public String toString() {
    return """

    Millrace serves at %1$s
      data    %2$s
      worker  %3$d slot%4$s

    For your .bazelrc:

      # The cache alone: actions run on your machine
      build --remote_cache=%1$s

      # Cache and execution: actions run on the worker
      build:remote --remote_executor=%1$s --spawn_strategy=remote
    """
        .formatted(endpoint, data, slots, slots == 1 ? "" : "s");
  }
}
