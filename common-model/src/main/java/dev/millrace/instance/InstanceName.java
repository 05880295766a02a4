package dev.millrace.instance;

import dev.millrace.failure.Failure.InvalidRequest;
import java.util.Optional;
import java.util.Set;

/**
 * The namespace of blobs, results and operations: any number of segments, joined by slashes. What
 * is stored under a name can be read under names below it, never the other way round.
 *
 * @param value the segments joined by slashes; empty for the root
 */
public record InstanceName(String value) {

  /** The unnamed instance, which most clients use. */
  public static final InstanceName ROOT = new InstanceName("");

  /** Words that begin the rest of a resource name, so that no instance may contain them. */
  private static final Set<String> RESERVED =
      Set.of(
          "blobs",
          "uploads",
          "actions",
          "actionResults",
          "operations",
          "capabilities",
          "compressed-blobs",
          "logstreams");

  private static final int MAX_LENGTH = 1024;

  public InstanceName {
    if (value.length() > MAX_LENGTH) {
      throw new InvalidRequest("instance_name", "is longer than " + MAX_LENGTH + " characters");
    }
    if (!value.isEmpty()) {
      for (String segment : value.split("/", -1)) {
        if (segment.isEmpty()) {
          throw new InvalidRequest(
              "instance_name", "has an empty segment: one slash between two segments, none around");
        }
        if (RESERVED.contains(segment)) {
          throw new InvalidRequest("instance_name", "has the reserved segment '" + segment + "'");
        }
        if (segment.chars().anyMatch(Character::isISOControl)) {
          throw new InvalidRequest("instance_name", "contains a control character");
        }
      }
    }
  }

  public boolean isRoot() {
    return value.isEmpty();
  }

  /** Whether this is {@code other} or a name below it. */
  public boolean isWithin(InstanceName other) {
    return other.isRoot() || value.equals(other.value) || value.startsWith(other.value + "/");
  }

  /** Whether a segment may be part of an instance name rather than begin what follows it. */
  public static boolean isReserved(String segment) {
    return RESERVED.contains(segment);
  }

  /** The name one segment shorter; none for the root. */
  public Optional<InstanceName> parent() {
    if (isRoot()) {
      return Optional.empty();
    }
    int slash = value.lastIndexOf('/');
    return Optional.of(slash < 0 ? ROOT : new InstanceName(value.substring(0, slash)));
  }

  /**
   * What stands before a resource's own segments: empty for the root, else the name and a slash.
   */
  public String prefix() {
    return isRoot() ? "" : value + "/";
  }

  @Override
  public String toString() {
    return value;
  }
}
