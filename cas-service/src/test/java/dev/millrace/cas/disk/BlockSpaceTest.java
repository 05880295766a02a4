package dev.millrace.cas.disk;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The giving out of a block's room. */
final class BlockSpaceTest {

  private final BlockSpace space = new BlockSpace(1000, 64, /* sealed= */ false);

  @Test
  void givesOutRoomAtTheEndUntilThereIsNone() {
    assertThat(space.reserve(500)).isEqualTo(64);
    assertThat(space.reserve(436)).isEqualTo(564);
    assertThat(space.reserve(1)).isEqualTo(BlockSpace.NO_ROOM);
  }

  @Test
  void nothingBehindAnOpenReservationCountsAsSettled() {
    long first = space.reserve(100);
    long second = space.reserve(100);
    space.settle(second);
    assertThat(space.settledTo()).isEqualTo(first);
    space.settle(first);
    assertThat(space.settledTo()).isEqualTo(space.tail());
  }

  @Test
  void roomGivenBackInTheMiddleIsRegainedWithWhatIsBehindIt() {
    long first = space.reserve(100);
    long second = space.reserve(100);
    long third = space.reserve(100);
    space.giveBack(second);
    assertThat(space.tail()).isEqualTo(364);
    space.giveBack(first);
    space.giveBack(third);
    assertThat(space.tail()).isEqualTo(64);
  }

  @Test
  void roomBeforeASettledRecordStaysLost() {
    long first = space.reserve(100);
    space.settle(space.reserve(100));
    space.giveBack(first);
    assertThat(space.tail()).isEqualTo(264);
  }

  @Test
  void aSealedBlockGivesOutNothing() {
    long first = space.reserve(100);
    space.seal();
    space.giveBack(first);
    assertThat(space.reserve(1)).isEqualTo(BlockSpace.NO_ROOM);
    assertThat(space.idle()).isTrue();
  }

  @Test
  void reservationsNeverOverlapAndAllRoomComesBack() {
    long seed = System.nanoTime();
    System.out.println("BlockSpaceTest seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    List<long[]> open = new ArrayList<>();
    for (int i = 0; i < 10_000; i++) {
      if (random.nextInt(3) > 0) {
        long size = random.nextLong(1, 100);
        long offset = space.reserve(size);
        if (offset != BlockSpace.NO_ROOM) {
          assertThat(open).noneMatch(o -> offset < o[0] + o[1] && o[0] < offset + size);
          open.add(new long[] {offset, size});
        }
      } else if (!open.isEmpty()) {
        space.giveBack(open.remove(random.nextInt(open.size()))[0]);
      }
    }
    open.forEach(reservation -> space.giveBack(reservation[0]));
    assertThat(space.tail()).isEqualTo(64);
  }
}
