package dev.millrace.cas.upload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class GatheringRoomTest {

  private static final int SIZE = 1000;

  private final GatheringRoom room = new GatheringRoom(SIZE);

  @Test
  void aBlobHasRoomForAllOfItOrNone() {
    GatheringRoom.Share most = room.take(SIZE - 1).orElseThrow();
    assertThat(room.take(2)).isEmpty();
    assertThat(room.free()).isOne();
    GatheringRoom.Share rest = room.take(1).orElseThrow();
    assertThat(room.free()).isZero();
    assertThat(room.take(1)).isEmpty();
    assertThat(room.take(0)).isPresent();
    most.close();
    rest.close();
    assertThat(room.take(SIZE + 1)).isEmpty();
    assertThat(room.take(SIZE)).isPresent();
  }

  @Test
  void withoutRoomNothingIsGathered() {
    assertThat(new GatheringRoom(0).take(1)).isEmpty();
    assertThatIllegalArgumentException().isThrownBy(() -> new GatheringRoom(-1));
  }

  @Test
  void aShareIsGivenBackOnceHoweverManyCloseIt() throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int round = 0; round < 200; round++) {
        GatheringRoom.Share share = room.take(100).orElseThrow();
        List<Future<?>> closing = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
          closing.add(threads.submit(share::close));
        }
        for (Future<?> one : closing) {
          one.get();
        }
        assertThat(room.free()).isEqualTo(SIZE);
      }
    }
  }

  @Test
  void manyAtOnceNeverHaveMoreThanThereIs() throws Exception {
    long seed = System.nanoTime();
    System.out.println("GatheringRoomTest seed " + seed);
    AtomicLong taken = new AtomicLong();
    AtomicLong refused = new AtomicLong();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> callers = new ArrayList<>();
      for (int i = 0; i < 32; i++) {
        SplittableRandom choices = new SplittableRandom(seed + i);
        callers.add(
            threads.submit(() -> {
              for (int n = 0; n < 1000; n++) {
                int bytes = choices.nextInt(SIZE / 2);
                Optional<GatheringRoom.Share> share = room.take(bytes);
                if (share.isEmpty()) {
                  refused.incrementAndGet();
                } else {
                  assertThat(taken.addAndGet(bytes)).isLessThanOrEqualTo(SIZE);
                  Thread.yield();
                  taken.addAndGet(-bytes);
                  share.get().close();
                }
              }
            }));
      }
      for (Future<?> caller : callers) {
        caller.get();
      }
    }
    assertThat(refused).hasPositiveValue();
    assertThat(room.free()).isEqualTo(SIZE);
  }
}
