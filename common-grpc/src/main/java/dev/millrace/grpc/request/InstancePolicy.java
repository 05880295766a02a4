package dev.millrace.grpc.request;

import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import java.util.List;
import java.util.Set;

/**
 * Which instances are served here, those that are configured or any if none is, and what a caller
 * may do in them.
 */
public final class InstancePolicy {

  private final Set<InstanceName> served;
  private final CallerRights rights;

  private InstancePolicy(Set<InstanceName> served, CallerRights rights) {
    this.served = Set.copyOf(served);
    this.rights = rights;
  }

  /** Every well-formed name is served. */
  public static InstancePolicy any() {
    return new InstancePolicy(Set.of(), CallerRights.unlimited());
  }

  /** Only these names are served; the empty set means any. */
  public static InstancePolicy only(Set<InstanceName> served) {
    return new InstancePolicy(served, CallerRights.unlimited());
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

  /** The same instances, with nothing allowed in them but what {@code rights} allow. */
  public InstancePolicy restrictedTo(CallerRights rights) {
    return new InstancePolicy(served, CallerRights.allOf(List.of(this.rights, rights)));
  }

  /** Whether the caller of the current call may do something in an instance. */
  public boolean allows(Right right, InstanceName instance) {
    return rights.allow(right, instance);
  }

  /**
   * The instance of a request that needs a right in it.
   *
   * @throws Failure.InvalidRequest if the name is malformed or not served
   * @throws Failure.Denied if the caller lacks the right
   */
  public InstanceName require(String instanceName, Right right) {
    InstanceName instance = require(instanceName);
    check(instance, right);
    return instance;
  }

  /**
   * @throws Failure.InvalidRequest if the instance is not served
   * @throws Failure.Denied if the caller lacks the right in it
   */
  public void check(InstanceName instance, Right right) {
    check(instance);
    if (!allows(right, instance)) {
      throw new Failure.Denied(
          "'%s' in instance '%s' is not allowed here".formatted(right.scope(), instance));
    }
  }
}
