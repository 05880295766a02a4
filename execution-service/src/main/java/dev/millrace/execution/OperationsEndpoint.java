package dev.millrace.execution;

import dev.millrace.execution.admin.LiveAction;
import dev.millrace.execution.store.LiveActions;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.annotation.DeleteOperation;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;

/** {@code /actuator/operations}: what is queued or runs, and to end what should not go on. */
@Endpoint(id = "operations")
final class OperationsEndpoint {

  private static final int DEFAULT_LIMIT = 100;
  private static final int LARGEST_LIMIT = 10_000;

  private final LiveActions actions;

  OperationsEndpoint(LiveActions actions) {
    this.actions = actions;
  }

  /** Actions, those that wait longest first, each with its operations. */
  record Answer(List<LiveAction> actions) {}

  @ReadOperation
  Answer list(@Nullable String invocation, @Nullable Integer limit) {
    int most = limit == null ? DEFAULT_LIMIT : limit;
    if (most < 1 || most > LARGEST_LIMIT) {
      throw Requests.invalid("limit: from 1 to %d, not %d".formatted(LARGEST_LIMIT, most));
    }
    return new Answer(actions.list(invocation == null ? "" : invocation, most));
  }

  /**
   * Ends the action of an operation for all who wait for it; each is told by whom and why. 409 if
   * it was over, 404 if there is none.
   *
   * @param id what follows {@code operations/} in the operation's name
   */
  @DeleteOperation
  WebEndpointResponse<Map<String, String>> kill(@Selector String id, String by, String reason) {
    UUID operation;
    try {
      operation = UUID.fromString(id);
    } catch (IllegalArgumentException e) {
      throw Requests.invalid("an operation's id is a UUID, not '" + id + "'");
    }
    LiveActions.Kill kill =
        actions.kill(operation, Requests.said("by", by), Requests.said("reason", reason));
    int status =
        switch (kill) {
          case DONE -> 200;
          case TOO_LATE -> 409;
          case UNKNOWN -> 404;
        };
    return new WebEndpointResponse<>(
        Map.of("kill", kill.name().toLowerCase(Locale.ROOT).replace('_', ' ')), status);
  }
}
