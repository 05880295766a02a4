package dev.millrace.actioncache.caching;

import static org.assertj.core.api.Assertions.assertThat;

import build.bazel.remote.execution.v2.ActionResult;
import dev.millrace.action.Provenance;
import dev.millrace.actioncache.ActionCache;
import dev.millrace.actioncache.memory.MemoryActionCache;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.instance.InstanceName;
import dev.millrace.testing.ActionCacheContract;
import dev.millrace.testing.ManualClock;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class CachingActionCacheTest extends ActionCacheContract {

  private static final InstanceName ROOT = InstanceName.ROOT;
  private static final ActionResult OLD = result("old");
  private static final ActionResult NEW = result("new");

  private final MemoryActionCache shared = new MemoryActionCache();
  private final ManualClock clock = ManualClock.standing();
  private int loads;
  private Runnable whileLoading = () -> {};
  private final CachingActionCache cache =
      new CachingActionCache(new Counted(), clock, Duration.ofSeconds(10), 64 * 1024);

  @Override
  protected ActionCache cache() {
    return cache;
  }

  private static ActionResult result(String worker) {
    ActionResult.Builder result = ActionResult.newBuilder();
    result.getExecutionMetadataBuilder().setWorker(worker);
    return result.build();
  }

  private static Digest action(int number) {
    return DigestFunction.SHA256.digestOf(new byte[] {(byte) number, (byte) (number >> 8)});
  }

  @Test
  void aHotResultIsLoadedOnceInItsTime() {
    shared.put(ROOT, action(1), OLD, Provenance.UNKNOWN);
    assertThat(cache.get(ROOT, action(1))).contains(OLD);
    shared.put(ROOT, action(1), NEW, Provenance.UNKNOWN);
    clock.advance(Duration.ofSeconds(9));
    assertThat(cache.get(ROOT, action(1))).contains(OLD);
    clock.advance(Duration.ofSeconds(1));
    assertThat(cache.get(ROOT, action(1))).contains(NEW);
    assertThat(loads).isEqualTo(2);
  }

  @Test
  void whatIsPutHereIsSeenAtOnce() {
    cache.put(ROOT, action(1), OLD, Provenance.UNKNOWN);
    assertThat(cache.get(ROOT, action(1))).contains(OLD);
    cache.put(ROOT, action(1), NEW, Provenance.UNKNOWN);
    assertThat(cache.get(ROOT, action(1))).contains(NEW);
  }

  @Test
  void absenceIsNotKept() {
    assertThat(cache.get(ROOT, action(1))).isEmpty();
    shared.put(ROOT, action(1), NEW, Provenance.UNKNOWN);
    assertThat(cache.get(ROOT, action(1))).contains(NEW);
  }

  @Test
  void whatIsRevokedIsForgotten() {
    shared.put(ROOT, action(1), OLD, Provenance.UNKNOWN);
    assertThat(cache.get(ROOT, action(1))).contains(OLD);
    shared.put(ROOT, action(1), NEW, Provenance.UNKNOWN);
    cache.resultsRevoked();
    assertThat(cache.get(ROOT, action(1))).contains(NEW);
  }

  @Test
  void whatWasBeingLoadedWhenItWasRevokedOrReplacedIsNotKept() {
    shared.put(ROOT, action(1), OLD, Provenance.UNKNOWN);
    whileLoading = cache::resultsRevoked;
    assertThat(cache.get(ROOT, action(1))).contains(OLD);
    whileLoading = () -> cache.put(ROOT, action(1), NEW, Provenance.UNKNOWN);
    assertThat(cache.get(ROOT, action(1))).contains(OLD);
    whileLoading = () -> {};
    assertThat(cache.get(ROOT, action(1))).contains(NEW);
    assertThat(loads).isEqualTo(3);
  }

  @Test
  void instancesAreApart() {
    shared.put(new InstanceName("a"), action(1), OLD, Provenance.UNKNOWN);
    assertThat(cache.get(new InstanceName("a"), action(1))).contains(OLD);
    assertThat(cache.get(new InstanceName("b"), action(1))).isEmpty();
  }

  @Test
  void theResultsUsedLongestAgoMakeRoom() {
    for (int i = 0; i < 300; i++) {
      shared.put(ROOT, action(i), OLD, Provenance.UNKNOWN);
    }
    for (int i = 0; i < 300; i++) {
      assertThat(cache.get(ROOT, action(i))).contains(OLD);
      assertThat(cache.get(ROOT, action(0))).contains(OLD);
    }
    assertThat(loads).as("the one that is always used stays").isEqualTo(300);
    assertThat(cache.get(ROOT, action(1))).contains(OLD);
    assertThat(loads).as("others went").isEqualTo(301);
  }

  @Test
  void aHugeResultIsNotKept() {
    shared.put(ROOT, action(1), result("x".repeat(10_000)), Provenance.UNKNOWN);
    assertThat(cache.get(ROOT, action(1))).isPresent();
    assertThat(cache.get(ROOT, action(1))).isPresent();
    assertThat(loads).isEqualTo(2);
  }

  /** What replicas share; something may happen between its answer and its arrival. */
  private final class Counted implements ActionCache {
    @Override
    public Optional<ActionResult> get(InstanceName instance, Digest action) {
      loads++;
      Optional<ActionResult> result = shared.get(instance, action);
      whileLoading.run();
      return result;
    }

    @Override
    public void put(
        InstanceName instance, Digest action, ActionResult result, Provenance provenance) {
      shared.put(instance, action, result, provenance);
    }
  }
}
