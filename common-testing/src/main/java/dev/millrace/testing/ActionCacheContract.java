package dev.millrace.testing;

import static org.assertj.core.api.Assertions.assertThat;

import build.bazel.remote.execution.v2.ActionResult;
import com.google.protobuf.ByteString;
import dev.millrace.action.Provenance;
import dev.millrace.actioncache.ActionCache;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.instance.InstanceName;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What every {@link ActionCache} promises. The results here are successful and refer to no blobs,
 * so that caches which check either can keep the promise too.
 */
public abstract class ActionCacheContract {

  private static final InstanceName INSTANCE = new InstanceName("team/project");
  private static final Provenance WRITER = new Provenance("team", "token-1", "worker", "build-7");

  private final RandomBlobs random = RandomBlobs.seeded();

  /** The cache under test: the same one for the length of a test. */
  protected abstract ActionCache cache();

  @ParameterizedTest
  @EnumSource(
      value = DigestFunction.class,
      // What is not collision resistant need not be served.
      names = {"MD5"},
      mode = EnumSource.Mode.EXCLUDE)
  void servesWhatWasPut(DigestFunction function) {
    Digest action = function.digestOf(random.next(100).toByteArray());
    ActionResult result = result("hello");
    cache().put(INSTANCE, action, result, WRITER);
    assertThat(cache().get(INSTANCE, action)).contains(result);
  }

  @Test
  void hasNoResultThatWasNotPut() {
    assertThat(cache().get(INSTANCE, action())).isEmpty();
  }

  @Test
  void aLaterResultTakesThePlaceOfAnEarlierOne() {
    Digest action = action();
    cache().put(INSTANCE, action, result("first"), WRITER);
    cache().put(INSTANCE, action, result("second"), Provenance.UNKNOWN);
    assertThat(cache().get(INSTANCE, action)).contains(result("second"));
  }

  @Test
  void aResultOfOneInstanceIsAbsentInAnother() {
    Digest action = action();
    cache().put(INSTANCE, action, result("mine"), WRITER);
    assertThat(cache().get(new InstanceName("other"), action)).isEmpty();
    assertThat(cache().get(new InstanceName("team"), action)).isEmpty();
    assertThat(cache().get(InstanceName.ROOT, action)).isEmpty();
  }

  @Test
  void theRootInstanceIsAnInstance() {
    Digest action = action();
    cache().put(InstanceName.ROOT, action, result("root"), WRITER);
    assertThat(cache().get(InstanceName.ROOT, action)).contains(result("root"));
  }

  @Test
  void theSameHashOfAnotherFunctionOrSizeIsAnotherAction() {
    Digest action = action();
    cache().put(INSTANCE, action, result("sha256"), WRITER);
    assertThat(cache().get(INSTANCE, new Digest(DigestFunction.BLAKE3, action.hash(), 100)))
        .isEmpty();
    assertThat(cache().get(INSTANCE, new Digest(DigestFunction.SHA256, action.hash(), 101)))
        .isEmpty();
  }

  @Test
  void aLargeResultIsKeptWhole() {
    Digest action = action();
    ActionResult result =
        ActionResult.newBuilder().setStdoutRaw(random.next(2_000_000)).setExitCode(0).build();
    cache().put(INSTANCE, action, result, WRITER);
    assertThat(cache().get(INSTANCE, action)).contains(result);
  }

  @Test
  void ofManyWritersOfOneActionOneWinsAsAWhole() throws Exception {
    Digest action = action();
    List<ActionResult> results = new ArrayList<>();
    List<Callable<ActionResult>> calls = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      ActionResult result =
          ActionResult.newBuilder()
              .setStdoutRaw(random.next(1000))
              .setStderrRaw(random.next(1000))
              .build();
      results.add(result);
      calls.add(() -> {
        cache().put(INSTANCE, action, result, WRITER);
        return cache().get(INSTANCE, action).orElseThrow();
      });
    }
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Future<ActionResult> read : threads.invokeAll(calls)) {
        assertThat(read.get()).isIn(results);
      }
    }
    assertThat(cache().get(INSTANCE, action).orElseThrow()).isIn(results);
  }

  private Digest action() {
    return DigestFunction.SHA256.digestOf(random.next(100).toByteArray());
  }

  private static ActionResult result(String stdout) {
    return ActionResult.newBuilder().setStdoutRaw(ByteString.copyFromUtf8(stdout)).build();
  }
}
