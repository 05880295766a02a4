package dev.millrace.database;

import dev.millrace.failure.Failure;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Answers in one go what many callers ask at the same time. A caller who comes alone is served at
 * once; those who come meanwhile are served together, by one of them. So the busier it is, the
 * fewer transactions a question costs, and nobody waits for company.
 *
 * @param <Q> a question
 * @param <A> its answer
 */
public final class Together<Q, A> {

  private final Bounds<Q> bounds;
  private final Function<List<Q>, List<A>> work;
  private final ReentrantLock lock = new ReentrantLock();
  private final Deque<Caller> waiting = new ArrayDeque<>();
  private boolean busy;

  /**
   * How much there is to be of anything.
   *
   * @param most questions that are answered at once
   * @param weight a question's
   * @param heaviest what those that are answered at once weigh together, unless one alone is more
   * @param patience how long a caller waits for an answer
   */
  public record Bounds<Q>(int most, ToLongFunction<Q> weight, long heaviest, Duration patience) {

    /** Longer than it takes to notice that a database is gone. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** For questions that weigh nothing. */
    public static <Q> Bounds<Q> most(int questions) {
      return new Bounds<>(questions, question -> 0, 0, PATIENCE);
    }

    public Bounds<Q> heaviest(long weight, ToLongFunction<Q> of) {
      return new Bounds<>(most, of, weight, patience);
    }

    public Bounds<Q> patience(Duration wait) {
      return new Bounds<>(most, weight, heaviest, wait);
    }
  }

  /**
   * @param most questions that are answered at once
   * @param work gives the answers in the order of the questions, or fails for all of them
   */
  public Together(int most, Function<List<Q>, List<A>> work) {
    this(Bounds.most(most), work);
  }

  public Together(Bounds<Q> bounds, Function<List<Q>, List<A>> work) {
    this.bounds = bounds;
    this.work = work;
  }

  /** One who asks; sooner or later it is answered, or it is its turn to answer. */
  private final class Caller {
    private final Q question;
    private final CountDownLatch turn = new CountDownLatch(1);
    private @Nullable A answer;
    private @Nullable RuntimeException failure;

    private Caller(Q question) {
      this.question = question;
    }

    private boolean isAnswered() {
      return answer != null || failure != null;
    }

    private A answer() {
      if (failure != null) {
        throw failure;
      }
      if (answer == null) {
        throw new IllegalStateException("asked before it was answered");
      }
      return answer;
    }
  }

  /**
   * The answer, which failed for this caller alone if it failed for a reason of its own.
   *
   * @throws Failure.Unavailable if there was none in time; what was asked for may be done or not
   */
  public A ask(Q question) {
    Caller caller = new Caller(question);
    if (enter(caller) && !awaitTurn(caller)) {
      leave(caller);
      throw new Failure.Unavailable("waited too long for those who came before", /* cause= */ null);
    }
    if (!caller.isAnswered()) {
      serve();
    }
    return caller.answer();
  }

  /** How many wait to be served. */
  int waiting() {
    lock.lock();
    try {
      return waiting.size();
    } finally {
      lock.unlock();
    }
  }

  /** Whether somebody else is being served. */
  private boolean enter(Caller caller) {
    lock.lock();
    try {
      waiting.add(caller);
      boolean wait = busy;
      busy = true;
      return wait;
    } finally {
      lock.unlock();
    }
  }

  /** Whether it came in time. */
  private boolean awaitTurn(Caller caller) {
    long end = System.nanoTime() + bounds.patience().toNanos();
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return caller.turn.await(end - System.nanoTime(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
          // What was asked may be done already: its outcome is awaited.
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Waits no more; should it be its turn by now, it is the next one's. */
  private void leave(Caller caller) {
    lock.lock();
    try {
      boolean next = waiting.peek() == caller && caller.turn.getCount() == 0;
      boolean unused = waiting.remove(caller);
      if (next) {
        passOn();
      }
    } finally {
      lock.unlock();
    }
  }

  private void serve() {
    List<Caller> served = take();
    try {
      new Attempt().answer(served);
    } finally {
      passOn();
      served.forEach(caller -> caller.turn.countDown());
    }
  }

  private List<Caller> take() {
    lock.lock();
    try {
      List<Caller> taken = new ArrayList<>();
      long weight = 0;
      while (taken.size() < bounds.most() && !waiting.isEmpty()) {
        weight += bounds.weight().applyAsLong(waiting.element().question);
        if (!taken.isEmpty() && weight > bounds.heaviest()) {
          break;
        }
        taken.add(waiting.remove());
      }
      return taken;
    } finally {
      lock.unlock();
    }
  }

  /** Lets the one who waits longest serve next. */
  private void passOn() {
    lock.lock();
    try {
      @Nullable Caller next = waiting.peek();
      busy = next != null;
      if (next != null) {
        next.turn.countDown();
      }
    } finally {
      lock.unlock();
    }
  }

  /** The answering of those who were taken together. */
  private final class Attempt {
    private @Nullable RuntimeException general;

    /** Leaves nobody without an answer or a failure, whatever happens. */
    void answer(List<Caller> callers) {
      if (general != null) {
        fail(callers, general);
        return;
      }
      try {
        List<A> answers = work.apply(callers.stream().map(caller -> caller.question).toList());
        for (int i = 0; i < callers.size(); i++) {
          callers.get(i).answer = answers.get(i);
        }
      } catch (RuntimeException e) {
        search(callers, e);
      } catch (Error e) {
        general = new IllegalStateException("it failed", e);
        fail(callers, general);
        throw e;
      }
    }

    /** One question may be the reason: it is looked for by halves. Where all fail, all do. */
    private void search(List<Caller> callers, RuntimeException problem) {
      if (problem instanceof Failure.Unavailable) {
        general = problem;
      }
      if (general != null || callers.size() == 1) {
        fail(callers, problem);
        return;
      }
      int half = callers.size() / 2;
      try {
        answer(callers.subList(0, half));
      } finally {
        answer(callers.subList(half, callers.size()));
      }
    }

    private void fail(List<Caller> callers, RuntimeException problem) {
      callers.forEach(caller -> caller.failure = problem);
    }
  }
}
