package dev.millrace.execution.workers;

import com.google.devtools.remoteworkers.v1test2.Lease;
import com.google.devtools.remoteworkers.v1test2.LeaseState;
import dev.millrace.execution.store.HeldLease;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a bot is told of leases, given those that it reported: new ones are offered, those that run
 * are echoed, those that nobody wants any more are CANCELLED, and what it is done with or did not
 * begin is left out.
 */
final class Reply {

  private final Map<String, Lease> reported = new HashMap<>();

  Reply(List<Lease> reported) {
    reported.forEach(lease -> this.reported.put(lease.getId(), lease));
  }

  /** Whether the bot would learn anything from the answer. */
  boolean isNews(List<HeldLease> held) {
    List<Lease> leases = leases(held);
    return leases.size() != reported.size()
        || !leases.stream().allMatch(lease -> lease.equals(reported.get(lease.getId())));
  }

  List<Lease> leases(List<HeldLease> held) {
    List<Lease> leases = new ArrayList<>();
    Map<String, Lease> left = new HashMap<>(reported);
    for (HeldLease lease : held) {
      @Nullable Lease seen = left.remove(lease.id().toString());
      boolean stop = lease.state() == HeldLease.State.CANCELLED;
      if (seen != null) {
        leases.add(stop ? cancelled(seen) : seen);
      } else if (!stop) {
        leases.add(BotMessages.offered(lease));
      }
    }
    for (Lease lost : left.values()) {
      if (lost.getState() == LeaseState.ACTIVE) {
        leases.add(cancelled(lost));
      }
    }
    return leases;
  }

  private static Lease cancelled(Lease lease) {
    return lease.toBuilder().setState(LeaseState.CANCELLED).build();
  }
}
