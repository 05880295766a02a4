package dev.millrace.actioncache.successful;

import static org.assertj.core.api.Assertions.assertThat;

import build.bazel.remote.execution.v2.ActionResult;
import dev.millrace.action.Provenance;
import dev.millrace.actioncache.ActionCache;
import dev.millrace.actioncache.memory.MemoryActionCache;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.instance.InstanceName;
import dev.millrace.testing.ActionCacheContract;
import org.junit.jupiter.api.Test;

final class FailureHidingActionCacheTest extends ActionCacheContract {

  private static final Digest ACTION = DigestFunction.SHA256.digestOf(new byte[] {1});
  private static final ActionResult GOOD = ActionResult.getDefaultInstance();
  private static final ActionResult FAILED = ActionResult.newBuilder().setExitCode(1).build();

  private final MemoryActionCache delegate = new MemoryActionCache();
  private final ActionCache cache = new FailureHidingActionCache(delegate);

  @Override
  protected ActionCache cache() {
    return cache;
  }

  @Test
  void aFailedResultThatIsStoredIsNotServed() {
    delegate.put(InstanceName.ROOT, ACTION, FAILED, Provenance.UNKNOWN);
    assertThat(cache.get(InstanceName.ROOT, ACTION)).isEmpty();
  }

  @Test
  void aFailedResultDoesNotReplaceAGoodOne() {
    cache.put(InstanceName.ROOT, ACTION, GOOD, Provenance.UNKNOWN);
    cache.put(InstanceName.ROOT, ACTION, FAILED, Provenance.UNKNOWN);
    assertThat(cache.get(InstanceName.ROOT, ACTION)).contains(GOOD);
  }
}
