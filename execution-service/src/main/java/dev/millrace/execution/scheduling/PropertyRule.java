package dev.millrace.execution.scheduling;

import java.util.Locale;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * How a demand is compared with what a worker offers under the same name. Source of the names and
 * words: the platform lexicon of the Remote Execution API.
 */
enum PropertyRule {
  /** Names that nobody has given a meaning: the value as it is. */
  EXACT(UnaryOperator.identity()),

  /** {@code OSFamily}: clients write Linux and linux. */
  OS_FAMILY(value -> value.toLowerCase(Locale.ROOT)),

  /** {@code ISA}: one instruction set has several names in use. */
  ISA(PropertyRule::instructionSet),

  /** {@code container-image}: a worker that offers {@code *} runs any image on request. */
  CONTAINER_IMAGE(PropertyRule::image),

  /** {@code pool}: who says nothing belongs to the default pool, workers and actions alike. */
  POOL(value -> value.isEmpty() ? PropertyRule.DEFAULT_POOL : value);

  static final String POOL_NAME = "pool";
  static final String DEFAULT_POOL = "default";

  private static final String ANY_IMAGE = "*";
  private static final String IMAGE_SCHEME = "docker://";

  private final UnaryOperator<String> canonical;

  PropertyRule(UnaryOperator<String> canonical) {
    this.canonical = canonical;
  }

  static PropertyRule of(String name) {
    return switch (name) {
      case "OSFamily" -> OS_FAMILY;
      case "ISA" -> ISA;
      case "container-image" -> CONTAINER_IMAGE;
      case POOL_NAME -> POOL;
      default -> EXACT;
    };
  }

  /** What a worker offers where it names no value itself. */
  Set<String> offered(Set<String> values) {
    return this == POOL && values.isEmpty() ? Set.of(DEFAULT_POOL) : values;
  }

  boolean met(String wanted, Set<String> values) {
    Set<String> offered = offered(values);
    return (this == CONTAINER_IMAGE && offered.contains(ANY_IMAGE))
        || offered.stream().map(canonical).anyMatch(canonical.apply(wanted)::equals);
  }

  private static String image(String value) {
    return value.startsWith(IMAGE_SCHEME) ? value.substring(IMAGE_SCHEME.length()) : value;
  }

  private static String instructionSet(String value) {
    String lower = value.toLowerCase(Locale.ROOT).replace('_', '-');
    return switch (lower) {
      case "amd64", "x64", "x86-a64" -> "x86-64";
      case "x86", "i386", "i686", "x86-a32" -> "x86-32";
      case "aarch64", "arm64", "armv8" -> "arm-a64";
      default -> lower;
    };
  }
}
