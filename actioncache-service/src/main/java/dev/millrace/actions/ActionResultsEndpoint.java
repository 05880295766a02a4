package dev.millrace.actions;

import dev.millrace.actions.store.ResultRevocations;
import dev.millrace.actions.store.ResultSelection;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import java.time.Instant;
import java.time.OffsetDateTime;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.InvalidEndpointRequestException;
import org.springframework.boot.actuate.endpoint.annotation.DeleteOperation;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;

/**
 * Results by who wrote them: how many there are, and to take them back. Every parameter narrows the
 * choice, and at least one has to be given; times are ISO 8601 with an offset.
 */
@Endpoint(id = "actionresults")
final class ActionResultsEndpoint {

  /** What was found, or taken back. */
  record Answer(long results) {}

  private final ResultRevocations revocations;

  ActionResultsEndpoint(ResultRevocations revocations) {
    this.revocations = revocations;
  }

  /** How many results {@link #revoke} would take back. */
  @ReadOperation
  Answer count(
      @Nullable String instance,
      @Nullable String team,
      @Nullable String token,
      @Nullable String worker,
      @Nullable String invocation,
      @Nullable OffsetDateTime from,
      @Nullable OffsetDateTime until) {
    return new Answer(
        revocations.count(selection(instance, team, token, worker, invocation, from, until)));
  }

  /** Takes results back for good; who keeps some of them in memory drops them within a second. */
  @DeleteOperation
  Answer revoke(
      @Nullable String instance,
      @Nullable String team,
      @Nullable String token,
      @Nullable String worker,
      @Nullable String invocation,
      @Nullable OffsetDateTime from,
      @Nullable OffsetDateTime until) {
    return new Answer(
        revocations.revoke(selection(instance, team, token, worker, invocation, from, until)));
  }

  private static ResultSelection selection(
      @Nullable String instance,
      @Nullable String team,
      @Nullable String token,
      @Nullable String worker,
      @Nullable String invocation,
      @Nullable OffsetDateTime from,
      @Nullable OffsetDateTime until) {
    try {
      return new ResultSelection(
          instance == null ? null : new InstanceName(instance),
          team,
          token,
          worker,
          invocation,
          instant(from),
          instant(until));
    } catch (IllegalArgumentException | Failure.InvalidRequest e) {
      String problem = String.valueOf(e.getMessage());
      throw new InvalidEndpointRequestException(problem, problem);
    }
  }

  private static @Nullable Instant instant(@Nullable OffsetDateTime time) {
    return time == null ? null : time.toInstant();
  }
}
