package dev.millrace.grpc.admission;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class ByteBudgetTest {

  @Test
  void givesWhatItHasAndNoMore() {
    ByteBudget budget = new ByteBudget(100);
    assertThat(budget.tryTake(60)).isTrue();
    assertThat(budget.tryTake(41)).isFalse();
    assertThat(budget.tryTake(40)).isTrue();
    assertThat(budget.used()).isEqualTo(100);
    assertThat(budget.refused()).isEqualTo(1);
    budget.give(100);
    assertThat(budget.used()).isZero();
  }

  @Test
  void isCrowdedBeforeItIsUsedUp() {
    ByteBudget budget = new ByteBudget(100);
    budget.tryTake(75);
    assertThat(budget.isCrowded()).isFalse();
    assertThat(budget.awaitRoom(Duration.ZERO)).isTrue();
    budget.tryTake(1);
    assertThat(budget.isCrowded()).isTrue();
    assertThat(budget.awaitRoom(Duration.ofMillis(1))).isFalse();
  }

  @Test
  void whoWaitsForRoomIsWoken() throws InterruptedException {
    ByteBudget budget = new ByteBudget(100);
    budget.tryTake(100);
    CountDownLatch woken = new CountDownLatch(20);
    for (int i = 0; i < 20; i++) {
      Thread.startVirtualThread(() -> {
        assertThat(budget.awaitRoom(Duration.ofMinutes(1))).isTrue();
        woken.countDown();
      });
    }
    budget.give(50);
    woken.await();
  }

  @Test
  void neverHandsOutMoreThanThereIs() throws InterruptedException {
    long seed = System.nanoTime();
    System.out.println("ByteBudgetTest seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    ByteBudget budget = new ByteBudget(1000);
    AtomicLong out = new AtomicLong();
    AtomicLong most = new AtomicLong();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      SplittableRandom own = random.split();
      threads.add(
          Thread.startVirtualThread(() -> {
            for (int n = 0; n < 200; n++) {
              int bytes = own.nextInt(1, 300);
              budget.awaitRoom(Duration.ofMillis(1));
              if (budget.tryTake(bytes)) {
                most.accumulateAndGet(out.addAndGet(bytes), Math::max);
                Thread.yield();
                out.addAndGet(-bytes);
                budget.give(bytes);
              }
            }
          }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(most.get()).isBetween(1L, 1000L);
    assertThat(budget.used()).isZero();
  }
}
