package dev.millrace.cas.disk;

import dev.millrace.failure.Failure;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Makes what was written durable, once for all who wait: while one group is being synchronised the
 * next gathers, and one of its own members leads it.
 */
final class GroupCommit {

  private static final class Group {
    private final Set<Block> blocks = new HashSet<>();
    private final Map<Block, RuntimeException> failures = new HashMap<>();
    private boolean done;
  }

  private final boolean enabled;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition finished = lock.newCondition();
  private Group gathering = new Group();
  private @Nullable Group running;

  /**
   * @param enabled whether to wait for the disk at all
   */
  GroupCommit(boolean enabled) {
    this.enabled = enabled;
  }

  /**
   * Returns when all that this thread wrote to a block is on stable storage.
   *
   * @throws Failure.Unavailable if it may not be
   */
  void sync(Block block) {
    if (!enabled) {
      return;
    }
    lock.lock();
    try {
      Group group = gathering;
      group.blocks.add(block);
      while (!group.done) {
        if (running == null) {
          lead(group);
        } else {
          finished.awaitUninterruptibly();
        }
      }
      RuntimeException failure = group.failures.get(block);
      if (failure != null) {
        throw new Failure.Unavailable("the blob could not be made durable", failure);
      }
    } finally {
      lock.unlock();
    }
  }

  private void lead(Group group) {
    running = group;
    gathering = new Group();
    lock.unlock();
    try {
      for (Block block : group.blocks) {
        try {
          block.sync();
        } catch (RuntimeException e) {
          group.failures.put(block, e);
        }
      }
    } finally {
      lock.lock();
      group.done = true;
      running = null;
      finished.signalAll();
    }
  }
}
