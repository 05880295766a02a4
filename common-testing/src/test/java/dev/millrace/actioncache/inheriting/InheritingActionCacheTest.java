package dev.millrace.actioncache.inheriting;

import static org.assertj.core.api.Assertions.assertThat;

import build.bazel.remote.execution.v2.ActionResult;
import com.google.protobuf.ByteString;
import dev.millrace.action.Provenance;
import dev.millrace.actioncache.ActionCache;
import dev.millrace.actioncache.memory.MemoryActionCache;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.instance.InstanceName;
import dev.millrace.testing.ActionCacheContract;
import org.junit.jupiter.api.Test;

final class InheritingActionCacheTest extends ActionCacheContract {

  private static final Digest ACTION = DigestFunction.SHA256.digestOf(new byte[] {1});

  private final ActionCache cache = new InheritingActionCache(new MemoryActionCache());

  @Override
  protected ActionCache cache() {
    return cache;
  }

  @Test
  void theNearestResultAboveIsServed() {
    put(InstanceName.ROOT, "root");
    assertThat(cache.get(new InstanceName("team/project"), ACTION)).contains(result("root"));
    put(new InstanceName("team"), "team");
    assertThat(cache.get(new InstanceName("team/project"), ACTION)).contains(result("team"));
    put(new InstanceName("team/project"), "project");
    assertThat(cache.get(new InstanceName("team/project"), ACTION)).contains(result("project"));
    assertThat(cache.get(new InstanceName("team"), ACTION)).contains(result("team"));
    assertThat(cache.get(new InstanceName("other"), ACTION)).contains(result("root"));
  }

  private void put(InstanceName instance, String stdout) {
    cache.put(instance, ACTION, result(stdout), Provenance.UNKNOWN);
  }

  private static ActionResult result(String stdout) {
    return ActionResult.newBuilder().setStdoutRaw(ByteString.copyFromUtf8(stdout)).build();
  }
}
