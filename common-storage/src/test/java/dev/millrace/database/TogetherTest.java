package dev.millrace.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.failure.Failure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
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
  void aBadOneAmongManyIsFoundInFewAttempts() throws Exception {
    Gate gate = new Gate();
    Together<Integer, String> together =
        new Together<>(
            200,
            gate.before(questions -> {
              batches.add(questions);
              if (questions.contains(77)) {
                throw new Failure.NotFound("77");
              }
              return questions.stream().map(q -> "answer to " + q).toList();
            }));
    Future<String> first = threads.submit(() -> together.ask(0));
    gate.awaitArrival();
    List<Future<String>> others = ask(together, 1, 200);
    gate.openOnceWaiting(together, 200);

    assertThat(first.get()).isEqualTo("answer to 0");
    int failed = 0;
    for (Future<String> other : others) {
      try {
        assertThat(other.get()).startsWith("answer");
      } catch (ExecutionException e) {
        failed++;
      }
    }
    assertThat(failed).isOne();
    assertThat(batches).hasSizeLessThan(20);
  }

  @Test
  void whenItBecomesUnavailableInTheSearchForABadOneNoMoreIsTried() throws Exception {
    Gate gate = new Gate();
    Together<Integer, String> together =
        new Together<>(
            200,
            gate.before(questions -> {
              batches.add(questions);
              if (batches.size() == 1) {
                return questions.stream().map(q -> "answer to " + q).toList();
              }
              if (batches.size() == 2) {
                throw new Failure.NotFound("one of them");
              }
              throw new Failure.Unavailable("away", null);
            }));
    Future<String> first = threads.submit(() -> together.ask(0));
    gate.awaitArrival();
    List<Future<String>> others = ask(together, 1, 100);
    gate.openOnceWaiting(together, 100);

    assertThat(first.get()).isEqualTo("answer to 0");
    for (Future<String> other : others) {
      assertThatThrownBy(other::get).hasCauseInstanceOf(Failure.Unavailable.class);
    }
    assertThat(batches).hasSize(3);
  }

  @Test
  void anErrorInTheSearchForABadOneLeavesNobodyUnanswered() throws Exception {
    Gate gate = new Gate();
    Together<Integer, String> together =
        new Together<>(
            10,
            gate.before(questions -> {
              if (questions.size() == 10) {
                throw new Failure.NotFound("one of them");
              }
              if (questions.contains(1)) {
                throw new AssertionError("broken");
              }
              return answer(questions);
            }));
    Future<String> first = threads.submit(() -> together.ask(0));
    gate.awaitArrival();
    List<Future<String>> others = ask(together, 1, 10);
    gate.openOnceWaiting(together, 10);

    assertThat(first.get()).isEqualTo("answer to 0");
    for (Future<String> other : others) {
      assertThatThrownBy(() -> other.get(60, TimeUnit.SECONDS))
          .hasRootCauseInstanceOf(AssertionError.class);
    }
    assertThat(together.ask(11)).isEqualTo("answer to 11");
  }

  @Test
  void whatIsHeavyIsAnsweredInSmallerGroups() throws Exception {
    Gate gate = new Gate();
    Together<Integer, String> together =
        new Together<>(
            Together.Bounds.<Integer>most(100).heaviest(10, question -> question == 99 ? 50 : 3),
            gate.before(this::answer));
    Future<String> first = threads.submit(() -> together.ask(0));
    gate.awaitArrival();
    List<Future<String>> others = ask(together, 1, 7);
    gate.awaitWaiting(together, 7);
    others.addAll(ask(together, 99, 1));
    gate.openOnceWaiting(together, 8);

    others.add(first);
    for (Future<String> other : others) {
      assertThat(other.get()).startsWith("answer");
    }
    assertThat(batches).extracting(List::size).containsExactly(1, 3, 3, 1, 1);
  }

  @Test
  void nobodyWaitsForEverForOneWhoIsServedForEver() throws Exception {
    Gate gate = new Gate();
    Together<Integer, String> together =
        new Together<>(
            Together.Bounds.<Integer>most(10).patience(Duration.ofMillis(200)),
            gate.before(this::answer));
    Future<String> first = threads.submit(() -> together.ask(0));
    gate.awaitArrival();
    for (Future<String> other : ask(together, 1, 5)) {
      assertThatThrownBy(other::get).hasCauseInstanceOf(Failure.Unavailable.class);
    }
    assertThat(together.waiting()).isZero();

    gate.openOnceWaiting(together, 0);
    assertThat(first.get()).isEqualTo("answer to 0");
    assertThat(together.ask(6)).isEqualTo("answer to 6");
    assertThat(batches).containsExactly(List.of(0), List.of(6));
  }

  @Test
  void whoLosesPatienceWhenItsTurnComesLeavesItToTheNext() throws Exception {
    long seed = System.nanoTime();
    System.out.println("TogetherTest seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    Together<Integer, String> together =
        new Together<>(
            Together.Bounds.<Integer>most(3).patience(Duration.ofNanos(200_000)), this::answer);
    for (int round = 0; round < 50; round++) {
      for (Future<String> future : ask(together, 0, random.nextInt(1, 40))) {
        try {
          assertThat(future.get(60, TimeUnit.SECONDS)).startsWith("answer");
        } catch (ExecutionException e) {
          assertThat(e).as("seed " + seed).hasCauseInstanceOf(Failure.Unavailable.class);
        }
      }
      assertThat(together.waiting()).as("seed " + seed).isZero();
      assertThat(threads.submit(() -> together.ask(1)).get(60, TimeUnit.SECONDS))
          .isEqualTo("answer to 1");
    }
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

    void awaitWaiting(Together<?, ?> together, int count) {
      while (together.waiting() < count) {
        Thread.onSpinWait();
      }
    }

    void openOnceWaiting(Together<?, ?> together, int count) {
      awaitWaiting(together, count);
      open.release();
    }
  }
}
