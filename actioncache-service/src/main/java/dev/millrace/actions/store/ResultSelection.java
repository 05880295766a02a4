package dev.millrace.actions.store;

import dev.millrace.instance.InstanceName;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Which results are meant: those that meet every criterion that is set, of which there is at least
 * one, so that nobody takes back everything for want of a parameter.
 *
 * @param instance the instance that they are of, and not those below it
 * @param team the team that wrote them
 * @param token the public id of the token that wrote them
 * @param worker the worker that ran the actions
 * @param invocation the build that wrote them
 * @param from when the first of them was written
 * @param until when the first was written that is not meant
 */
public record ResultSelection(
    @Nullable InstanceName instance,
    @Nullable String team,
    @Nullable String token,
    @Nullable String worker,
    @Nullable String invocation,
    @Nullable Instant from,
    @Nullable Instant until) {

  public ResultSelection {
    if (instance == null
        && isUnset(team)
        && isUnset(token)
        && isUnset(worker)
        && isUnset(invocation)
        && from == null
        && until == null) {
      throw new IllegalArgumentException(
          "at least one of instance, team, token, worker, invocation, from and until is needed");
    }
    if (from != null && until != null && !from.isBefore(until)) {
      throw new IllegalArgumentException("from: has to be before until");
    }
  }

  /** Nothing is written by nobody: an empty name is one that was left out. */
  static boolean isUnset(@Nullable String name) {
    return name == null || name.isEmpty();
  }
}
