package dev.millrace.grpc.request;

import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import java.util.Set;

/** Which instances are served here: those that are configured, or any if none is. */
public final class InstancePolicy {

  private final Set<InstanceName> served;

  private InstancePolicy(Set<InstanceName> served) {
    this.served = Set.copyOf(served);
  }

  /** Every well-formed name is served. */
  public static InstancePolicy any() {
    return new InstancePolicy(Set.of());
  }

  /** Only these names are served; the empty set means any. */
  public static InstancePolicy only(Set<InstanceName> served) {
    return new InstancePolicy(served);
  }

  /**
   * The instance of a request.
   *
   * @throws Failure.InvalidRequest if the name is malformed or not served
   */
  public InstanceName require(String instanceName) {
    InstanceName instance = new InstanceName(instanceName);
    check(instance);
    return instance;
  }

  /**
   * @throws Failure.InvalidRequest if the instance is not served
   */
  public void check(InstanceName instance) {
    if (!served.isEmpty() && !served.contains(instance)) {
      throw new Failure.InvalidRequest(
          "instance_name", "there is no instance '" + instance + "' here");
    }
  }
}
