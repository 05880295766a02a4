package dev.millrace.execution.workers;

import dev.millrace.execution.scheduling.Offer;
import java.lang.ref.WeakReference;
import java.util.Map;
import java.util.WeakHashMap;
import org.jspecify.annotations.Nullable;

/**
 * One object for all bots that offer the same, for as long as any of them waits: what it is good
 * for need then be found out once.
 */
final class Offers {

  private final Map<Offer, WeakReference<Offer>> known = new WeakHashMap<>();

  synchronized Offer same(Offer offer) {
    @Nullable WeakReference<Offer> reference = known.get(offer);
    @Nullable Offer first = reference == null ? null : reference.get();
    if (first == null) {
      known.put(offer, new WeakReference<>(offer));
      return offer;
    }
    return first;
  }
}
