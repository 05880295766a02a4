package dev.millrace.execution.scheduling;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/**
 * When others could make themselves heard here, as far as one can tell who looks again and again.
 * Whoever has to give a sign now and then must not count as lost for times when nobody could take
 * it: before this process was there, while its database was away, while it stood still.
 *
 * <p>After such a time everybody has their whole time again. Where interruptions come so often that
 * this would never be over, those are lost who were silent for twice their time while they could
 * have been heard.
 */
public final class Attendance {

  /** Of the time before these stretches nothing is known any more. */
  private static final int MOST_STRETCHES = 64;

  private final Duration longestGap;

  /** The last one first. */
  private final Deque<Stretch> stretches = new ArrayDeque<>();

  private record Stretch(Instant from, Instant to) {}

  /**
   * @param longestGap what may lie between two looks without an interruption
   */
  public Attendance(Duration longestGap) {
    this.longestGap = longestGap;
  }

  /** A look was taken, and all that it needed was there. */
  public synchronized void looked(Instant from, Instant to) {
    // Whatever takes long to look at did not serve others well meanwhile either.
    boolean brief = !from.plus(longestGap).isBefore(to);
    if (brief && isGoingOnAt(from)) {
      stretches.push(new Stretch(stretches.pop().from(), to));
    } else {
      stretches.push(new Stretch(brief ? from : to, to));
      if (stretches.size() > MOST_STRETCHES) {
        Stretch unused = stretches.removeLast();
      }
    }
  }

  private boolean isGoingOnAt(Instant now) {
    return !stretches.isEmpty() && !stretches.getFirst().to().plus(longestGap).isBefore(now);
  }

  /**
   * By when a sign was to come of those who count as lost now, each of whom has {@code life} from
   * one sign to the next; nothing if nobody does.
   */
  public synchronized Optional<Instant> lostBy(Duration life, Instant now) {
    boolean current = isGoingOnAt(now);
    Duration left = life.multipliedBy(2);
    for (Stretch stretch : stretches) {
      Instant to = current ? now : stretch.to();
      Duration heard = Duration.between(stretch.from(), to);
      if (current && heard.compareTo(life) >= 0) {
        return Optional.of(now);
      }
      if (heard.compareTo(left) >= 0) {
        return Optional.of(to.minus(left).plus(life));
      }
      left = left.minus(heard);
      current = false;
    }
    return Optional.empty();
  }
}
