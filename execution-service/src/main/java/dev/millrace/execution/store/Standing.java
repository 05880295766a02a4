package dev.millrace.execution.store;

import java.util.List;

/**
 * How it stands with a session.
 *
 * @param leases what its bot is to have
 * @param drained whether it is to be given nothing new
 */
public record Standing(List<HeldLease> leases, boolean drained) {

  public Standing {
    leases = List.copyOf(leases);
  }
}
