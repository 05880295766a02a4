package dev.millrace.grpc.admission;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * The calls that are inside, swept now and then for those whose clients neither send nor take
 * anything, lest they hold their places for ever. What was uploaded so far can be continued.
 */
public final class OpenCalls {

  private final Set<AdmittedCall<?, ?>> calls = ConcurrentHashMap.newKeySet();
  private final Admission admission;
  private final LongSupplier nanoTime;

  OpenCalls(Admission admission, LongSupplier nanoTime) {
    this.admission = admission;
    this.nanoTime = nanoTime;
  }

  void add(AdmittedCall<?, ?> call) {
    calls.add(call);
  }

  void remove(AdmittedCall<?, ?> call) {
    calls.remove(call);
  }

  public int size() {
    return calls.size();
  }

  /** Ends what has been idle for too long; returns how many calls that were. */
  public int sweep() {
    long now = nanoTime.getAsLong();
    int ended = 0;
    for (AdmittedCall<?, ?> call : calls) {
      long still = call.pulse().stillFor(call.waitsForClient(), now);
      if (call.wasEnded() || still > admission.idleTimeout(call.kind()).toNanos()) {
        call.end(admission.idle());
        ended++;
      }
    }
    return ended;
  }
}
