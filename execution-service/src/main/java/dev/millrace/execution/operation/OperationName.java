package dev.millrace.execution.operation;

import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import java.util.UUID;

/**
 * The name that clients follow an execution by: {@code [instance/]operations/uuid}.
 *
 * @param instance the instance that the action was sent to
 * @param id different for every Execute call, merged or not
 */
public record OperationName(InstanceName instance, UUID id) {

  private static final String COLLECTION = "operations/";

  /**
   * Reads a name.
   *
   * @throws Failure.InvalidRequest if it is malformed
   */
  public static OperationName parse(String name) {
    int at = name.startsWith(COLLECTION) ? 0 : name.indexOf("/" + COLLECTION) + 1;
    boolean noCollection = at == 0 && !name.startsWith(COLLECTION);
    if (noCollection || name.startsWith("/")) {
      throw malformed(name);
    }
    InstanceName instance =
        at == 0 ? InstanceName.ROOT : new InstanceName(name.substring(0, at - 1));
    String id = name.substring(at + COLLECTION.length());
    try {
      UUID uuid = UUID.fromString(id);
      if (uuid.toString().equals(id)) {
        return new OperationName(instance, uuid);
      }
    } catch (IllegalArgumentException e) {
      // Said below, for every way of being wrong.
    }
    throw malformed(name);
  }

  private static Failure.InvalidRequest malformed(String name) {
    return new Failure.InvalidRequest(
        "name", "must be [instance/]operations/uuid, is '" + name + "'");
  }

  @Override
  public String toString() {
    return instance.prefix() + COLLECTION + id;
  }
}
