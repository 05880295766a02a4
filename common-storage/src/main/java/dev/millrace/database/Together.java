package dev.millrace.database;

import dev.millrace.failure.Failure;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
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

  private final int most;
  private final Function<List<Q>, List<A>> work;
  private final ReentrantLock lock = new ReentrantLock();
  private final Deque<Caller> waiting = new ArrayDeque<>();
  private boolean busy;

  /**
   * @param most questions that are answered at once
   * @param work gives the answers in the order of the questions, or fails for all of them
   */
  public Together(int most, Function<List<Q>, List<A>> work) {
    this.most = most;
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

  /** The answer, which failed for this caller alone if it failed for a reason of its own. */
  public A ask(Q question) {
    Caller caller = new Caller(question);
    if (enter(caller)) {
      awaitTurn(caller);
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

  private static void awaitTurn(Together<?, ?>.Caller caller) {
    boolean interrupted = false;
    while (true) {
      try {
        caller.turn.await();
        break;
      } catch (InterruptedException e) {
        // What was asked may be done already: its outcome is awaited.
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void serve() {
    List<Caller> served = take();
    try {
      answer(served);
    } finally {
      passOn();
      served.forEach(caller -> caller.turn.countDown());
    }
  }

  private List<Caller> take() {
    lock.lock();
    try {
      List<Caller> taken = new ArrayList<>();
      while (taken.size() < most && !waiting.isEmpty()) {
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

  private void answer(List<Caller> callers) {
    try {
      List<A> answers = work.apply(callers.stream().map(caller -> caller.question).toList());
      for (int i = 0; i < callers.size(); i++) {
        callers.get(i).answer = answers.get(i);
      }
    } catch (RuntimeException e) {
      fail(callers, e);
    } catch (Error e) {
      callers.forEach(caller -> caller.failure = new IllegalStateException("it failed", e));
      throw e;
    }
  }

  /** One question may be the reason: then each is asked alone. Where all would fail, all do. */
  private void fail(List<Caller> callers, RuntimeException problem) {
    if (callers.size() == 1 || problem instanceof Failure.Unavailable) {
      callers.forEach(caller -> caller.failure = problem);
    } else {
      callers.forEach(caller -> answer(List.of(caller)));
    }
  }
}
