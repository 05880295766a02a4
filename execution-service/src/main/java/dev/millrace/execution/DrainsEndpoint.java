package dev.millrace.execution;

import dev.millrace.execution.admin.Drain;
import dev.millrace.execution.admin.WorkerPattern;
import dev.millrace.execution.store.Drains;
import dev.millrace.execution.store.IdleWait;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.annotation.DeleteOperation;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;

/**
 * {@code /actuator/drains}: workers that are to be given nothing new, by patterns of instance, bot
 * id and property ({@code name=pattern}), in which {@code *} is any text and {@code ?} any
 * character. At least one of the three has to be said, and all that are said have to match.
 */
@Endpoint(id = "drains")
final class DrainsEndpoint {

  private static final Duration LONGEST_WAIT = Duration.ofHours(6);
  private static final Duration LONGEST_DRAIN = Duration.ofDays(365);

  private final Drains drains;
  private final IdleWait idle;

  DrainsEndpoint(Drains drains, IdleWait idle) {
    this.drains = drains;
    this.idle = idle;
  }

  /** All drains in force, oldest first. */
  record Answer(List<Order> drains) {}

  /** A drain in words that any reader of JSON has. */
  record Order(
      String instance,
      String bot,
      String property,
      String by,
      String reason,
      Instant since,
      @Nullable Instant until) {

    static Order of(Drain drain) {
      WorkerPattern workers = drain.workers();
      return new Order(
          workers.instance(),
          workers.bot(),
          workers.property(),
          drain.by(),
          drain.reason(),
          drain.since(),
          drain.until().orElse(null));
    }
  }

  /**
   * @param idle whether the workers have nothing left to do; not said where nobody waited for it
   */
  record Begun(@Nullable Boolean idle) {}

  @ReadOperation
  Answer list() {
    return new Answer(drains.all().stream().map(Order::of).toList());
  }

  /**
   * Drains the workers that match, now and those to come.
   *
   * @param lasting after what time the drain ends by itself; never, if it is not said
   * @param wait answers only when the workers are idle, with status 409 if they are not by then
   */
  @WriteOperation
  WebEndpointResponse<Begun> begin(
      @Nullable String instance,
      @Nullable String bot,
      @Nullable String property,
      String by,
      String reason,
      @Nullable Duration lasting,
      @Nullable Duration wait) {
    WorkerPattern workers = Requests.pattern(instance, bot, property);
    check("lasting", lasting, LONGEST_DRAIN);
    check("wait", wait, LONGEST_WAIT);
    drains.begin(
        workers,
        Requests.said("by", by),
        Requests.said("reason", reason),
        Optional.ofNullable(lasting));
    if (wait == null) {
      return new WebEndpointResponse<>(new Begun(null));
    }
    boolean done = idle.await(workers, wait);
    return new WebEndpointResponse<>(new Begun(done), done ? 200 : 409);
  }

  private static void check(String name, @Nullable Duration duration, Duration most) {
    if (duration != null && (duration.isNegative() || duration.compareTo(most) > 0)) {
      throw Requests.invalid("%s: from 0 to %s, not %s".formatted(name, most, duration));
    }
  }

  /** Ends the drain of just this pattern; its workers are given work at once. 404 if none is. */
  @DeleteOperation
  WebEndpointResponse<Map<String, Boolean>> end(
      @Nullable String instance, @Nullable String bot, @Nullable String property) {
    boolean ended = drains.end(Requests.pattern(instance, bot, property));
    return new WebEndpointResponse<>(Map.of("ended", ended), ended ? 200 : 404);
  }
}
