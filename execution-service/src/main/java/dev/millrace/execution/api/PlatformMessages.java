package dev.millrace.execution.api;

import build.bazel.remote.execution.v2.Action;
import build.bazel.remote.execution.v2.Command;
import build.bazel.remote.execution.v2.Platform;
import dev.millrace.execution.scheduling.Requirements;
import dev.millrace.execution.scheduling.Requirements.Property;
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
    for (int i = 0; i < platform.getPropertiesCount(); i++) {
      if (platform.getProperties(i).getName().isEmpty()) {
        throw new Failure.InvalidRequest(
            field + ".properties[" + i + "].name", "must not be empty");
      }
    }
    return new Requirements(
        platform.getPropertiesList().stream()
            .map(property -> new Property(property.getName(), property.getValue()))
            .toList());
  }
}
