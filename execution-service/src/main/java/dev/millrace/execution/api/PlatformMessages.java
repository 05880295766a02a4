package dev.millrace.execution.api;

import build.bazel.remote.execution.v2.Action;
import build.bazel.remote.execution.v2.Command;
import build.bazel.remote.execution.v2.Platform;
import dev.millrace.execution.scheduling.Requirements;
import dev.millrace.execution.scheduling.Requirements.Property;
import dev.millrace.execution.store.StoredText;
import dev.millrace.failure.Failure;

/** What an action asks of a worker, from the wire. */
final class PlatformMessages {

  private PlatformMessages() {}

  /** The action's platform; where it has none, its command's, as older clients expect. */
  static Requirements requirements(Action action, Command command) {
    return action.hasPlatform()
        ? requirements(action.getPlatform(), "action.platform")
        : requirements(command.getPlatform(), "command.platform");
  }

  private static Requirements requirements(Platform platform, String field) {
    long bytes = 0;
    for (int i = 0; i < platform.getPropertiesCount(); i++) {
      Platform.Property property = platform.getProperties(i);
      String each = field + ".properties[" + i + "]";
      if (property.getName().isEmpty()) {
        throw new Failure.InvalidRequest(each + ".name", "must not be empty");
      }
      bytes += StoredText.bytes(each + ".name", property.getName());
      bytes += StoredText.bytes(each + ".value", property.getValue());
    }
    StoredText.properties(field, bytes);
    return new Requirements(
        platform.getPropertiesList().stream()
            .map(property -> new Property(property.getName(), property.getValue()))
            .toList());
  }
}
