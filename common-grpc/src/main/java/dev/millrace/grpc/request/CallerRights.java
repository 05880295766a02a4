package dev.millrace.grpc.request;

import dev.millrace.instance.InstanceName;
import java.util.List;
import java.util.Set;

/**
 * What the caller of the call that is being handled may do; whoever knows the caller, from the
 * call's context, decides. A process can have several of these, and all of them have to agree.
 */
public interface CallerRights {

  boolean allow(Right right, InstanceName instance);

  /** Everybody may do everything. */
  static CallerRights unlimited() {
    return (right, instance) -> true;
  }

  /** Nobody may write anything anywhere. */
  static CallerRights readOnly() {
    return (right, instance) -> false;
  }

  /** Nobody may write to these instances, nor to those below them. */
  static CallerRights readOnly(Set<InstanceName> instances) {
    return (right, instance) ->
        instances.stream().noneMatch(readOnly -> instance.isWithin(readOnly));
  }

  /** What all of these allow. */
  static CallerRights allOf(List<CallerRights> rights) {
    List<CallerRights> all = List.copyOf(rights);
    return (right, instance) -> all.stream().allMatch(each -> each.allow(right, instance));
  }
}
