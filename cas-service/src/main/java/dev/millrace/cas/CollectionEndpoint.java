package dev.millrace.cas;

import dev.millrace.cas.collection.Round;
import dev.millrace.cas.collection.Rounds;
import dev.millrace.cas.index.CollectionIndex;
import dev.millrace.cas.index.LastCollection;
import dev.millrace.cas.index.Tally;
import dev.millrace.instance.InstanceName;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;

/** {@code /actuator/collection}: what the last rounds of collection did, and a round at once. */
@Endpoint(id = "collection")
final class CollectionEndpoint {

  private final Rounds rounds;
  private final CollectionIndex index;
  private final boolean dryRun;

  CollectionEndpoint(Rounds rounds, CollectionIndex index, boolean dryRun) {
    this.rounds = rounds;
    this.index = index;
    this.dryRun = dryRun;
  }

  /**
   * What is known of collection.
   *
   * @param last the last round that has ended, wherever it ran
   * @param here the last round that this process ran or rehearsed
   */
  record State(boolean dryRun, @Nullable LastCollection last, @Nullable Report here) {}

  /** A round in words that any reader of JSON has. */
  record Report(
      Instant started,
      Duration took,
      boolean dry,
      Map<String, Tally> stored,
      Map<String, Tally> condemned,
      Map<String, Tally> deleted,
      long sparedBlobs,
      Tally waiting,
      List<Shortfall> shortfalls) {

    static Report of(Round round) {
      return new Report(
          round.started(),
          round.took(),
          round.rehearsed(),
          byName(round.stored()),
          byName(round.condemned()),
          byName(round.deleted()),
          round.spared(),
          round.waiting(),
          round.shortfalls().stream()
              .map(missed -> new Shortfall(missed.limit().scope().toString(), missed.bytes()))
              .toList());
    }

    private static Map<String, Tally> byName(Map<InstanceName, Tally> tallies) {
      Map<String, Tally> named = new TreeMap<>();
      tallies.forEach((instance, tally) -> named.put(instance.value(), tally));
      return named;
    }
  }

  /** A limit that is missed. */
  record Shortfall(String limit, long bytes) {}

  @ReadOperation
  State state() {
    return new State(dryRun, index.last().orElse(null), rounds.last().map(Report::of).orElse(null));
  }

  /** Answers when the round has ended; 409 if one is running elsewhere. */
  @WriteOperation
  WebEndpointResponse<Object> run(@Nullable Boolean dry) {
    Optional<Round> round = (dry == null ? dryRun : dry) ? rounds.rehearse() : rounds.run();
    return round
        .map(ended -> new WebEndpointResponse<Object>(Report.of(ended)))
        .orElseGet(() ->
            new WebEndpointResponse<>(Map.of("problem", "a round is running elsewhere"), 409));
  }
}
