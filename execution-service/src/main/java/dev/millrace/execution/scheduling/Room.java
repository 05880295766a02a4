package dev.millrace.execution.scheduling;

import dev.millrace.execution.scheduling.Assignment.FreeBot;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The room that bots have left, while work is placed with them piece by piece. A bot that is out of
 * room for some work is never looked at again for it, so that thousands of bots are placed with in
 * little time.
 */
final class Room {

  /** Less of an action's inputs is fetched sooner than it is worth to wait or crowd for. */
  private static final long WORTHWHILE_BYTES = 1024 * 1024;

  private final Map<String, Bot> bots;
  private final Map<Work, Candidates> candidates = new HashMap<>();

  /**
   * How much else a bot could be used for: what is good for little is used first, so that special
   * ones stay free for what needs them.
   *
   * @param works how much of the work that waits now it could do
   * @param properties how many different things it offers
   */
  private record Usefulness(int works, int properties) implements Comparable<Usefulness> {

    static Usefulness of(Offer offer, Collection<Work> works) {
      int served = (int) works.stream().filter(work -> work.canRunOn(offer)).count();
      return new Usefulness(served, offer.versatility());
    }

    @Override
    public int compareTo(Usefulness other) {
      int byWorks = Integer.compare(works, other.works);
      return byWorks != 0 ? byWorks : Integer.compare(properties, other.properties);
    }
  }

  private static final class Bot {
    final String session;
    final Offer offer;
    final Usefulness usefulness;
    int free;
    Resources left;

    Bot(FreeBot bot, Usefulness usefulness) {
      this.session = bot.session();
      this.offer = bot.offer();
      this.usefulness = usefulness;
      this.free = bot.free();
      this.left = bot.offer().resources().minus(bot.held());
    }

    boolean hasRoomFor(Resources demand) {
      return free > 0 && left.cover(demand);
    }

    void take(Resources demand) {
      free--;
      left = left.minus(demand);
    }
  }

  /** A bot in its place, which it loses as it fills. */
  private record Candidate(Bot bot, int free) {
    static final Comparator<Candidate> ORDER =
        Comparator.<Candidate, Usefulness>comparing(candidate -> candidate.bot.usefulness)
            .thenComparing(Candidate::free, Comparator.reverseOrder())
            .thenComparing(candidate -> candidate.bot.session);

    boolean isCurrent() {
      return free == bot.free;
    }
  }

  /** The bots that can do some work, the one to choose first in front. */
  private static final class Candidates {
    private final Work work;
    private final Resources demand;
    private final PriorityQueue<Candidate> inOrder = new PriorityQueue<>(Candidate.ORDER);

    Candidates(Work work, Collection<Bot> bots) {
      this.work = work;
      this.demand = work.requirements().resources();
      Map<Offer, Boolean> suitable = new HashMap<>();
      for (Bot bot : bots) {
        if (bot.hasRoomFor(demand) && suitable.computeIfAbsent(bot.offer, work::canRunOn)) {
          add(bot);
        }
      }
    }

    private void add(Bot bot) {
      inOrder.add(new Candidate(bot, bot.free));
    }

    Optional<Bot> first() {
      for (Candidate first = inOrder.peek(); first != null; first = inOrder.peek()) {
        Bot bot = first.bot();
        boolean room = bot.hasRoomFor(demand);
        if (room && first.isCurrent()) {
          return Optional.of(bot);
        }
        inOrder.poll();
        if (room) {
          add(bot);
        }
      }
      return Optional.empty();
    }

    /** Another bot than {@code avoided}, if there is one. */
    Optional<Bot> firstBut(String avoided) {
      Optional<Bot> first = first();
      if (first.isEmpty() || !first.get().session.equals(avoided)) {
        return first;
      }
      inOrder.poll();
      Optional<Bot> second = first();
      add(first.get());
      return second.or(() -> first);
    }

    boolean include(Bot bot) {
      return bot.hasRoomFor(demand) && work.canRunOn(bot.offer);
    }
  }

  /**
   * @param works all that is going to be placed
   */
  Room(Collection<FreeBot> free, Set<Work> works) {
    Map<Offer, Usefulness> usefulness = new HashMap<>();
    this.bots =
        free.stream()
            .filter(bot -> bot.free() > 0)
            .map(bot ->
                new Bot(
                    bot,
                    usefulness.computeIfAbsent(
                        bot.offer(), offer -> Usefulness.of(offer, works))))
            .collect(Collectors.toMap(bot -> bot.session, bot -> bot));
  }

  boolean isLeftFor(Work work) {
    return candidates(work).first().isPresent();
  }

  /** Takes room with the bot that comes first, for what it does not matter which one it is. */
  Optional<String> take(Work work) {
    return take(work, "", Map.of());
  }

  /**
   * Takes room with another bot than {@code avoided}, if there is one; with one that is good for
   * little else; of those, with the one that holds most of the inputs, or has most room.
   *
   * @param held how many bytes of the inputs sessions' bots hold
   */
  Optional<String> take(Work work, String avoided, Map<String, Long> held) {
    Candidates able = candidates(work);
    Optional<Bot> first = able.firstBut(avoided);
    Optional<Bot> chosen = first.map(bot -> closest(able, bot, avoided, held));
    chosen.ifPresent(bot -> bot.take(able.demand));
    return chosen.map(bot -> bot.session);
  }

  private Bot closest(Candidates able, Bot first, String avoided, Map<String, Long> held) {
    if (held.isEmpty() || first.session.equals(avoided)) {
      return first;
    }
    List<Bot> holders =
        held.keySet().stream()
            .filter(session -> !session.equals(avoided))
            .flatMap(session -> Optional.ofNullable(bots.get(session)).stream())
            .filter(bot -> bot.usefulness.equals(first.usefulness) && able.include(bot))
            .toList();
    Comparator<Bot> byGain = Comparator.comparingLong(bot -> gain(bot, held));
    return holders.stream()
        .max(
            byGain
                .thenComparingInt(bot -> bot.free)
                .thenComparing(bot -> bot.session, Comparator.reverseOrder()))
        .filter(bot -> gain(bot, held) > gain(first, held))
        .orElse(first);
  }

  private static long gain(Bot bot, Map<String, Long> held) {
    return held.getOrDefault(bot.session, 0L) / WORTHWHILE_BYTES;
  }

  private Candidates candidates(Work work) {
    return candidates.computeIfAbsent(work, wanted -> new Candidates(wanted, bots.values()));
  }
}
