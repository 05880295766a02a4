package dev.millrace.cas.collection;

import dev.millrace.cas.index.CollectionIndex;
import dev.millrace.cas.index.CollectionTurn;
import dev.millrace.cas.index.Condemned;
import dev.millrace.cas.index.Cut;
import dev.millrace.cas.index.LastCollection;
import dev.millrace.cas.index.PageRange;
import dev.millrace.cas.index.Tally;
import dev.millrace.instance.InstanceName;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes room, one collector at a time over all replicas. A round deletes what earlier rounds have
 * condemned and nobody was told of since, then counts what there is, and condemns what was used
 * longest ago wherever a limit is exceeded. It can end anywhere: the next one goes on from what it
 * finds.
 */
public final class Collector {

  private static final Logger LOG = LoggerFactory.getLogger(Collector.class);

  /** 32 MiB of the table, which is some 300,000 blobs. */
  private static final int SURVEYED_PAGES = 4096;

  /** Of which some 4,000 blobs may be condemned, in batches. */
  private static final int CONDEMNED_PAGES = 64;

  private final CollectionIndex index;
  private final CollectionSettings settings;
  private final Clock clock;
  private final Pace pace;

  public Collector(CollectionIndex index, CollectionSettings settings, Clock clock, Pace pace) {
    this.index = index;
    this.settings = settings;
    this.clock = clock;
    this.pace = pace;
  }

  /** Runs a round now; empty if one is running elsewhere. */
  public Optional<Round> collect() {
    return index.inTurn(this::collect);
  }

  /** Runs a round unless one has ended elsewhere since then, or is running. */
  public Optional<Round> collectUnlessSince(Instant then) {
    return index
        .inTurn(turn ->
            turn.last().filter(last -> last.ended().isAfter(then)).isPresent()
                ? Optional.<Round>empty()
                : Optional.of(collect(turn)))
        .flatMap(UnaryOperator.identity());
  }

  /** Says what a round would do now, and changes nothing; empty if one is running elsewhere. */
  public Optional<Round> rehearse() {
    return index.inTurn(turn -> {
      Instant now = clock.instant();
      Survey survey = survey(turn, now);
      Plan plan = Plan.of(survey, turn.instances(), settings.limits());
      return new Round(
          now,
          Duration.between(now, clock.instant()),
          /* rehearsed= */ true,
          plan.stored(),
          plan.going(),
          Map.of(),
          /* spared= */ 0,
          survey.condemned(),
          plan.shortfalls());
    });
  }

  private Round collect(CollectionTurn turn) {
    Instant now = clock.instant();
    Optional<LastCollection> last = turn.last();
    Map<Integer, Tally> deleted = delete(turn);
    Survey survey = survey(turn, now);
    Map<Integer, InstanceName> names = turn.instances();
    Plan plan = Plan.of(survey, names, settings.limits());
    if (!plan.cuts().isEmpty()) {
      LOG.info("Room is needed: {} are condemned", Round.sum(plan.going()));
    }
    Map<Integer, Tally> condemned = condemn(turn, plan.cuts());
    Round round =
        new Round(
            now,
            Duration.between(now, clock.instant()),
            /* rehearsed= */ false,
            plan.stored(),
            named(condemned, names),
            named(deleted, names),
            spared(last, Tally.sum(deleted.values()), survey.condemned()),
            survey.condemned(),
            plan.shortfalls());
    turn.save(
        new LastCollection(
            now,
            clock.instant(),
            Round.sum(round.stored()),
            Round.sum(round.condemned()),
            Round.sum(round.deleted()),
            round.spared(),
            survey.condemned().blobs() + Round.sum(round.condemned()).blobs()));
    return round;
  }

  private Map<Integer, Tally> delete(CollectionTurn turn) {
    Map<Integer, Tally> deleted = new HashMap<>();
    long batch;
    do {
      pace.pause();
      Map<Integer, Tally> gone =
          turn.delete(
              settings.condemnedFor(), settings.objectsLiveOn(), settings.batch(), clock.instant());
      gone.forEach((instance, tally) -> deleted.merge(instance, tally, Tally::plus));
      batch = Tally.sum(gone.values()).blobs();
    } while (batch == settings.batch());
    return deleted;
  }

  private Survey survey(CollectionTurn turn, Instant now) {
    Survey survey = new Survey(AgeScale.at(now, index.retention()));
    for (PageRange pages : turn.pages(SURVEYED_PAGES)) {
      pace.pause();
      turn.usage(pages, survey.scale().bounds()).forEach(survey::add);
    }
    return survey;
  }

  private Map<Integer, Tally> condemn(CollectionTurn turn, List<Cut> planned) {
    Map<Integer, Tally> condemned = new HashMap<>();
    if (planned.isEmpty()) {
      return condemned;
    }
    Map<Integer, Cut> cuts = planned.stream().collect(Collectors.toMap(Cut::instance, cut -> cut));
    for (PageRange pages : turn.pages(CONDEMNED_PAGES)) {
      long batch;
      do {
        pace.pause();
        batch = 0;
        for (Condemned part :
            turn.condemn(pages, cuts.values(), settings.batch(), clock.instant())) {
          condemned.merge(part.instance(), part.tally(), Tally::plus);
          cuts.computeIfPresent(part.instance(), (_, cut) -> cut.less(part.ofBudget()));
          batch += part.tally().blobs();
        }
      } while (batch == settings.batch());
    }
    return condemned;
  }

  /** Of what the last round left condemned, those that are neither gone nor condemned now. */
  private static long spared(Optional<LastCollection> last, Tally deleted, Tally waiting) {
    return last.map(round -> Math.max(0, round.outstanding() - deleted.blobs() - waiting.blobs()))
        .orElse(0L);
  }

  private static Map<InstanceName, Tally> named(
      Map<Integer, Tally> tallies, Map<Integer, InstanceName> names) {
    Map<InstanceName, Tally> named = new TreeMap<>(Round.BY_NAME);
    tallies.forEach(
        (instance, tally) -> named.put(Objects.requireNonNull(names.get(instance)), tally));
    return named;
  }
}
