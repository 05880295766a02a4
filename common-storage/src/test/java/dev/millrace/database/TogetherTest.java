package dev.millrace.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.failure.Failure;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class TogetherTest {

  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final ConcurrentLinkedQueue<List<Integer>> batches = new ConcurrentLinkedQueue<>();

  @AfterEach
  void end() {
    threads.close();
  }

  private List<String> answer(List<Integer> questions) {
    batches.add(questions);
    return questions.stream().map(q -> "answer to " + q).toList();
  }

  @Test
  void whoComesAloneIsServedAtOnce() {
    Together<Integer, String> together = new Together<>(10, this::answer);
    assertThat(together.ask(1)).isEqualTo("answer to 1");
    assertThat(together.ask(2)).isEqualTo("answer to 2");
    assertThat(batches).containsExactly(List.of(1), List.of(2));
  }

  @Test
  void whoeverComesMeanwhileIsServedTogether() throws Exception {
    Gate gate = new Gate();
    Together<Integer, String> together = new Together<>(10, gate.before(this::answer));
    Future<String> first = threads.submit(() -> together.ask(0));
    gate.awaitArrival();
    List<Future<String>> others = ask(together, 1, 15);
    gate.openOnceWaiting(together, 15);

    assertThat(first.get()).isEqualTo("answer to 0");
    for (int i = 0; i < others.size(); i++) {
      assertThat(others.get(i).get()).isEqualTo("answer to " + (i + 1));
    }
    assertThat(batches).extracting(List::size).containsExactly(1, 10, 5);
  }

  @Test
  void oneBadQuestionFailsAlone() throws Exception {
    Gate gate = new Gate();
    Together<Integer, String> together =
        new Together<>(
            10,
            gate.before(questions -> {
              if (questions.contains(3)) {
                throw new Failure.NotFound("3");
              }
              return answer(questions);
            }));
    Future<String> first = threads.submit(() -> together.ask(0));
    gate.awaitArrival();
    List<Future<String>> others = ask(together, 1, 5);
    gate.openOnceWaiting(together, 5);

    assertThat(first.get()).isEqualTo("answer to 0");
    for (int i = 0; i < others.size(); i++) {
      Future<String> future = others.get(i);
      if (i + 1 == 3) {
        assertThatThrownBy(future::get)
            .isInstanceOf(ExecutionException.class)
            .hasCauseInstanceOf(Failure.NotFound.class);
      } else {
        assertThat(future.get()).isEqualTo("answer to " + (i + 1));
      }
    }
  }

  @Test
  void whatNobodyCanAnswerIsAskedOnce() throws Exception {
    Gate gate = new Gate();
    Together<Integer, String> together =
        new Together<>(
            10,
            gate.before(questions -> {
              batches.add(questions);
              throw new Failure.Unavailable("away", null);
            }));
    Future<String> first = threads.submit(() -> together.ask(0));
    gate.awaitArrival();
    List<Future<String>> others = ask(together, 1, 5);
    gate.openOnceWaiting(together, 5);

    others.add(first);
    for (Future<String> future : others) {
      assertThatThrownBy(future::get).hasCauseInstanceOf(Failure.Unavailable.class);
    }
    assertThat(batches).hasSize(2);
  }

  @Test
  void itGoesOnAfterAnError() throws Exception {
    Gate gate = new Gate();
    Together<Integer, String> together =
        new Together<>(
            10,
            gate.before(questions -> {
              if (questions.contains(0)) {
                throw new AssertionError("broken");
              }
              return answer(questions);
            }));
    Future<String> first = threads.submit(() -> together.ask(0));
    gate.awaitArrival();
    List<Future<String>> others = ask(together, 1, 1);
    gate.openOnceWaiting(together, 1);

    assertThatThrownBy(first::get).hasRootCauseInstanceOf(AssertionError.class);
    assertThat(others.getFirst().get()).isEqualTo("answer to 1");
  }

  @Test
  void everybodyIsAnsweredHoweverManyAskAtOnce() throws Exception {
    Together<Integer, String> together = new Together<>(7, this::answer);
    List<Future<String>> all = ask(together, 0, 2_000);
    for (int i = 0; i < all.size(); i++) {
      assertThat(all.get(i).get()).isEqualTo("answer to " + i);
    }
    assertThat(batches.stream().flatMap(List::stream).sorted())
        .containsExactlyElementsOf(IntStream.range(0, 2_000).boxed().toList());
    assertThat(batches).allMatch(batch -> batch.size() <= 7);
  }

  private List<Future<String>> ask(Together<Integer, String> together, int from, int count) {
    List<Future<String>> asked = new ArrayList<>();
    for (int i = from; i < from + count; i++) {
      int question = i;
      asked.add(threads.submit(() -> together.ask(question)));
    }
    return asked;
  }

  /** Holds up the first batch until as many others wait as are to. */
  private static final class Gate {
    private final CountDownLatch arrived = new CountDownLatch(1);
    private final Semaphore open = new Semaphore(0);

    java.util.function.Function<List<Integer>, List<String>> before(
        java.util.function.Function<List<Integer>, List<String>> work) {
      return questions -> {
        arrived.countDown();
        open.acquireUninterruptibly();
        open.release();
        return work.apply(questions);
      };
    }

    void awaitArrival() throws InterruptedException {
      arrived.await();
    }

    void openOnceWaiting(Together<?, ?> together, int count) {
      while (together.waiting() < count) {
        Thread.onSpinWait();
      }
      open.release();
    }
  }
}
