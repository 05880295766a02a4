package dev.millrace.execution.scheduling;

import dev.millrace.execution.scheduling.Assignment.FreeBot;
import dev.millrace.execution.scheduling.Suitability.Offered;
import dev.millrace.execution.scheduling.Suitability.Usefulness;
import dev.millrace.execution.scheduling.Suitability.Wanted;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;

/**
 * The room that bots have left, while work is placed with them piece by piece. A bot that is out of
 * room for some work is never looked at again for it, so that thousands of bots are placed with in
 * little time.
 */
final class Room {

  /** Less of an action's inputs is fetched sooner than it is worth to wait or crowd for. */
  private static final long WORTHWHILE_BYTES = 1024 * 1024;

  private final Suitability suitability;
  private final List<Bot> bots;
  private final Map<String, Bot> bySession = new HashMap<>();
  private final Map<Work, Candidates> candidates = new HashMap<>();

  private static final class Bot {
    final String session;
    final Offered offered;
    int free;
    Resources left;

    Bot(FreeBot bot, Offered offered) {
      this.session = bot.session();
      this.offered = offered;
      this.free = bot.free();
      this.left = offered.resources().minus(bot.held());
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
        Comparator.<Candidate, Usefulness>comparing(candidate -> candidate.bot.offered.usefulness())
            .thenComparing(Candidate::free, Comparator.reverseOrder())
            .thenComparing(candidate -> candidate.bot.session);

    boolean isCurrent() {
      return free == bot.free;
    }
  }

  /** The bots that can do some work, the one to choose first in front. */
  private static final class Candidates {
    private final Wanted wanted;
    private final Resources demand;
    private final PriorityQueue<Candidate> inOrder = new PriorityQueue<>(Candidate.ORDER);

    Candidates(Wanted wanted, Collection<Bot> bots) {
      this.wanted = wanted;
      this.demand = wanted.resources();
      bots.stream().filter(this::include).forEach(this::add);
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
      return bot.offered.isFor(wanted) && bot.hasRoomFor(demand);
    }
  }

  /**
   * @param suitability for all that is going to be placed
   */
  Room(Collection<FreeBot> free, Suitability suitability) {
    this.suitability = suitability;
    this.bots =
        free.stream()
            .filter(bot -> bot.free() > 0)
            .map(bot -> new Bot(bot, suitability.of(bot.offer())))
            .toList();
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
            .flatMap(session -> bot(session).stream())
            .filter(bot ->
                bot.offered.usefulness().equals(first.offered.usefulness()) && able.include(bot))
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

  private Optional<Bot> bot(String session) {
    if (bySession.isEmpty()) {
      bots.forEach(bot -> bySession.put(bot.session, bot));
    }
    return Optional.ofNullable(bySession.get(session));
  }

  private static long gain(Bot bot, Map<String, Long> held) {
    return held.getOrDefault(bot.session, 0L) / WORTHWHILE_BYTES;
  }

  private Candidates candidates(Work work) {
    return candidates.computeIfAbsent(work, wanted -> new Candidates(suitability.of(wanted), bots));
  }
}
