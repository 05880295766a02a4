package dev.millrace.execution.api;

import static org.assertj.core.api.Assertions.assertThat;

import build.bazel.remote.execution.v2.ExecutionStage.Value;
import com.google.rpc.Code;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Workers that came a moment ago, to another replica. */
final class NewWorkersTest extends ProtocolFixture {

  @Test
  void anActionIsNotRefusedForWantOfAWorkerThatHasJustCome() throws Exception {
    try (Replica other = replica(Duration.ofSeconds(20))) {
      StockBot unused = new StockBot(replica, "cpu", 1, "pool=cpu").open();
      assertThat(Client.refusal(client.execute(replica, gpu("before"))).getCode())
          .isEqualTo(Code.FAILED_PRECONDITION_VALUE);

      StockBot gpu = new StockBot(other, "gpu", 1, "pool=gpu").open();
      client.execute(replica, gpu("after")).until(Value.QUEUED);
      assertThat(gpu.take()).isNotNull();
    }
  }

  private build.bazel.remote.execution.v2.ExecuteRequest.Builder gpu(String name) {
    return client.request(client.action(name, "pool=gpu"));
  }
}
