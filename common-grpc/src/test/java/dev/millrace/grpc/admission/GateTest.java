package dev.millrace.grpc.admission;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.grpc.admission.Gate.Width;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class GateTest {

  private static final Duration LONG = Duration.ofMinutes(1);

  @Test
  void letsInSoManyAndTheNextOnceOneLeaves() throws InterruptedException {
    Gate gate = new Gate(new Width(2, 1), LONG);
    assertThat(gate.enter()).isTrue();
    assertThat(gate.enter()).isTrue();
    assertThat(gate.isFull()).isTrue();
    CountDownLatch entered = new CountDownLatch(1);
    Thread.startVirtualThread(() -> {
      assertThat(gate.enter()).isTrue();
      entered.countDown();
    });
    Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> gate.waiting() == 1);
    gate.leave();
    entered.await();
    assertThat(gate.inside()).isEqualTo(2);
    assertThat(gate.admitted()).isEqualTo(3);
    assertThat(gate.refused()).isZero();
  }

  @Test
  void refusesAtOnceWhereNobodyElseMayWait() {
    Gate gate = new Gate(new Width(1, 0), LONG);
    assertThat(gate.enter()).isTrue();
    assertThat(gate.enter()).isFalse();
    assertThat(gate.refused()).isEqualTo(1);
    gate.leave();
    assertThat(gate.enter()).isTrue();
  }

  @Test
  void refusesWhenPatienceEnds() {
    Gate gate = new Gate(new Width(1, 1), Duration.ofMillis(1));
    assertThat(gate.enter()).isTrue();
    assertThat(gate.enter()).isFalse();
    assertThat(gate.waiting()).isZero();
  }

  @Test
  void letsThemInInTheOrderInWhichTheyCame() {
    Gate gate = new Gate(new Width(1, 10), LONG);
    assertThat(gate.enter()).isTrue();
    List<Integer> order = new CopyOnWriteArrayList<>();
    for (int i = 0; i < 10; i++) {
      int number = i;
      Thread.startVirtualThread(() -> {
        gate.enter();
        order.add(number);
        gate.leave();
      });
      // The one before has to be in line.
      Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> gate.waiting() == number + 1);
    }
    gate.leave();
    Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> order.size() == 10);
    assertThat(order).isSorted();
  }

  @Test
  void isNeverFullerThanItsWidthAndEmptyInTheEnd() throws InterruptedException {
    long seed = System.nanoTime();
    System.out.println("GateTest seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    Gate gate = new Gate(new Width(5, 20), Duration.ofMillis(2));
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      SplittableRandom own = random.split();
      threads.add(
          Thread.startVirtualThread(() -> {
            for (int n = 0; n < 50; n++) {
              if (gate.enter()) {
                most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                if (own.nextBoolean()) {
                  Thread.yield();
                }
                inside.decrementAndGet();
                gate.leave();
              }
            }
          }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(most.get()).isBetween(1, 5);
    assertThat(gate.inside()).isZero();
    assertThat(gate.waiting()).isZero();
    assertThat(gate.admitted() + gate.refused()).isEqualTo(200 * 50);
  }
}
