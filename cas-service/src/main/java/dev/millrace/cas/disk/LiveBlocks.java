package dev.millrace.cas.disk;

import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * The ring as readers see it at one moment, so that looking up takes no lock.
 *
 * @param first number of the oldest block
 * @param blocks by number from the first on, with gaps where none is
 * @param oldBelow blocks of lower numbers are dropped next: what is used there is copied forward
 */
record LiveBlocks(long first, @Nullable Block[] blocks, long oldBelow) {

  static LiveBlocks of(Collection<Block> ascending, long oldBelow) {
    if (ascending.isEmpty()) {
      return new LiveBlocks(0, new @Nullable Block[0], oldBelow);
    }
    long first = ascending.stream().mapToLong(Block::number).min().orElseThrow();
    long last = ascending.stream().mapToLong(Block::number).max().orElseThrow();
    @Nullable Block[] blocks = new @Nullable Block[Math.toIntExact(last - first + 1)];
    for (Block block : ascending) {
      blocks[(int) (block.number() - first)] = block;
    }
    return new LiveBlocks(first, blocks, oldBelow);
  }

  @Nullable Block find(long number) {
    long at = number - first;
    return at >= 0 && at < blocks.length ? blocks[(int) at] : null;
  }
}
