package dev.millrace.cas.api;

import com.google.rpc.Status;
import dev.millrace.failure.Failure;
import dev.millrace.grpc.error.FailureStatuses;
import java.util.IdentityHashMap;

/**
 * The statuses of one batch's items. A failure that many of them share is logged once; when those
 * of tens of thousands would no longer fit into an answer, codes alone are left of them.
 */
final class ItemStatuses {

  /** What statuses may add to an answer, besides their codes. */
  static final int MAX_BYTES = 64 * 1024;

  private final FailureStatuses statuses;
  private final IdentityHashMap<Failure, Status> known = new IdentityHashMap<>();
  private int room = MAX_BYTES;

  ItemStatuses(FailureStatuses statuses) {
    this.statuses = statuses;
  }

  Status of(Failure failure) {
    Status whole = known.computeIfAbsent(failure, statuses::of);
    int size = whole.getSerializedSize();
    if (size > room) {
      return Status.newBuilder().setCode(whole.getCode()).build();
    }
    room -= size;
    return whole;
  }
}
