package dev.millrace.execution.scheduling;

import java.util.Optional;

/**
 * What a property that counts is called here. {@code resource:cpus} (whole cores or parts of them)
 * and {@code resource:memory} (bytes, or with a suffix such as {@code 4Gi}) are well known, and any
 * other {@code resource:} name works the same way: what a worker has of it is used up by the
 * actions that it runs. The names that NativeLink ({@code cpu_count}, {@code memory_kb}) and
 * Buildfarm ({@code min-cores}, {@code min-mem}) gave the same things are understood, too.
 *
 * @param name the name that the resource has here
 * @param unit how many of its units one of the property's is
 */
record ResourceName(String name, long unit) {

  private static final String PREFIX = "resource:";
  private static final String CPUS = PREFIX + "cpus";
  private static final String MEMORY = PREFIX + "memory";
  private static final long KIBIBYTE = 1024;

  /** The resource that a property is about, if it is about any. */
  static Optional<ResourceName> of(String property) {
    return switch (property) {
      case "cpu_count", "min-cores" -> Optional.of(new ResourceName(CPUS, 1));
      case "memory_kb" -> Optional.of(new ResourceName(MEMORY, KIBIBYTE));
      case "min-mem" -> Optional.of(new ResourceName(MEMORY, 1));
      default ->
          property.startsWith(PREFIX)
              ? Optional.of(new ResourceName(property, 1))
              : Optional.empty();
    };
  }
}
