package dev.millrace.execution.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import build.bazel.remote.execution.v2.ActionResult;
import build.bazel.remote.execution.v2.ExecuteRequest;
import build.bazel.remote.execution.v2.ExecutionStage.Value;
import com.google.devtools.remoteworkers.v1test2.LeaseState;
import com.google.longrunning.CancelOperationRequest;
import com.google.longrunning.DeleteOperationRequest;
import com.google.longrunning.ListOperationsRequest;
import com.google.longrunning.ListOperationsResponse;
import com.google.longrunning.Operation;
import com.google.longrunning.WaitOperationRequest;
import com.google.protobuf.ByteString;
import com.google.protobuf.Empty;
import com.google.rpc.Code;
import dev.millrace.action.Provenance;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.digest.wire.Digests;
import dev.millrace.execution.api.Client.Following;
import dev.millrace.instance.InstanceName;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/**
 * Operations as docs/protocol.md promises them, beyond what {@link OperationsGrpcServiceTest} has.
 */
final class OperationsProtocolTest extends ProtocolFixture {

  private void cancel(String name) {
    Empty unused =
        replica
            .operationsStub()
            .cancelOperation(CancelOperationRequest.newBuilder().setName(name).build());
  }

  private void delete(String name) {
    Empty unused =
        replica
            .operationsStub()
            .deleteOperation(DeleteOperationRequest.newBuilder().setName(name).build());
  }

  private Operation await(String name) {
    return replica
        .operationsStub()
        .waitOperation(WaitOperationRequest.newBuilder().setName(name).build());
  }

  private List<String> list(String collection, String filter) {
    return replica
        .operationsStub()
        .listOperations(
            ListOperationsRequest.newBuilder().setName(collection).setFilter(filter).build())
        .getOperationsList()
        .stream()
        .map(Operation::getName)
        .toList();
  }

  private static void assertCode(ThrowingCallable call, Status.Code code) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class, e -> assertThat(e.getStatus().getCode()).isEqualTo(code));
  }

  @Test
  void unknownAndMalformedNamesAreRefusedByEveryMethod() {
    String unknown = "team/operations/" + new UUID(1, 2);
    assertCode(() -> get(unknown), Status.Code.NOT_FOUND);
    assertCode(() -> cancel(unknown), Status.Code.NOT_FOUND);
    assertCode(() -> delete(unknown), Status.Code.NOT_FOUND);
    assertCode(() -> await(unknown), Status.Code.NOT_FOUND);
    for (String malformed : List.of("", "operations/1", "/operations/" + new UUID(1, 2))) {
      assertCode(() -> get(malformed), Status.Code.INVALID_ARGUMENT);
      assertCode(() -> cancel(malformed), Status.Code.INVALID_ARGUMENT);
      assertCode(() -> delete(malformed), Status.Code.INVALID_ARGUMENT);
      assertCode(() -> await(malformed), Status.Code.INVALID_ARGUMENT);
    }
  }

  @Test
  void anOperationOfOneInstanceIsNotThereForAnother() throws Exception {
    String name = client.execute(replica, "a").name();

    assertCode(() -> get("team/" + name), Status.Code.NOT_FOUND);
    assertCode(() -> cancel("team/" + name), Status.Code.NOT_FOUND);
    assertThat(list("team/operations", "")).isEmpty();
    assertThat(list("operations", "")).containsExactly(name);
  }

  @Test
  void aFilterChoosesAnInvocation() throws Exception {
    String one = execute("one", client.request(client.action("a"))).name();
    String two = execute("two", client.request(client.action("b"))).name();

    assertThat(list("operations", "invocation=one")).containsExactly(one);
    assertThat(list("", "invocation=two AND stage=QUEUED")).containsExactly(two);
    assertThat(list("", "invocation=two AND done=true")).isEmpty();
  }

  @Test
  void aFilterChoosesTheStageThatAnOperationIsIn() throws Exception {
    StockBot bot = new StockBot(replica, "bot", 1).open();
    String done = client.execute(replica, "a").name();
    bot.complete(bot.take(), StockBot.GOOD);
    client.execute(replica, "b").until(Value.QUEUED);
    bot.poll();
    bot.take();
    bot.poll();

    assertThat(list("", "stage=COMPLETED")).containsExactly(done);
    assertThat(list("", "stage=EXECUTING")).hasSize(1).doesNotContain(done);
    assertThat(list("", "stage=QUEUED")).isEmpty();
  }

  @Test
  void pagesGoOnWhereTheyEndedThoughOperationsComeAndGo() throws Exception {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      names.add(client.execute(replica, "action " + i).name());
      clock.advance(java.time.Duration.ofMillis(1));
    }
    ListOperationsRequest.Builder request = ListOperationsRequest.newBuilder().setPageSize(2);
    ListOperationsResponse first = replica.operationsStub().listOperations(request.build());
    delete(names.get(1));
    delete(names.get(2));
    String late = client.execute(replica, "late").name();
    try (Replica other = replica(java.time.Duration.ofMillis(50))) {
      ListOperationsResponse second =
          other
              .operationsStub()
              .listOperations(request.setPageToken(first.getNextPageToken()).build());

      assertThat(first.getOperationsList())
          .extracting(Operation::getName)
          .containsExactly(names.get(0), names.get(1));
      assertThat(second.getOperationsList())
          .extracting(Operation::getName)
          .containsExactly(names.get(3), late);
      assertThat(second.getNextPageToken()).isEmpty();
    }
  }

  @Test
  void pagesStayBelowWhatClientsAcceptOfAMessage() throws Exception {
    ActionResult large =
        ActionResult.newBuilder().setStdoutRaw(ByteString.copyFrom(new byte[1_200_000])).build();
    List<String> names = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      ExecuteRequest.Builder request = client.request(client.action("action " + i));
      Digest action =
          Digests.fromProto(request.getActionDigest(), DigestFunction.SHA256, "action_digest");
      cache.put(InstanceName.ROOT, action, large, Provenance.UNKNOWN);
      names.add(client.execute(replica, request).name());
      clock.advance(java.time.Duration.ofMillis(1));
    }
    List<String> listed = new ArrayList<>();
    ListOperationsRequest.Builder request = ListOperationsRequest.newBuilder();
    do {
      ListOperationsResponse page = replica.operationsStub().listOperations(request.build());
      assertThat(page.getSerializedSize()).isLessThan(4 * 1024 * 1024);
      page.getOperationsList().forEach(operation -> listed.add(operation.getName()));
      request.setPageToken(page.getNextPageToken());
    } while (!request.getPageToken().isEmpty());

    assertThat(listed).containsExactlyElementsOf(names);
  }

  @Test
  void waitingForAnOperationEndsWhenItIsCancelled() throws Exception {
    String name = client.execute(replica, "a").name();
    Future<Operation> waiting = StockBot.inBackground(() -> await(name));
    cancel(name);

    Operation over = waiting.get(15, TimeUnit.SECONDS);
    assertThat(over.getDone()).isTrue();
    assertThat(Client.response(over).getStatus().getCode()).isEqualTo(Code.CANCELLED_VALUE);
    assertThat(Client.response(over).getMessage()).isEqualTo("cancelled on request");
  }

  @Test
  void cancellingWhatIsOverChangesNothing() throws Exception {
    StockBot bot = new StockBot(replica, "bot", 1).open();
    Following following = client.execute(replica, "a");
    String name = following.name();
    bot.complete(bot.take(), StockBot.GOOD);
    bot.pollAsync();
    Operation over = following.until(Value.COMPLETED);
    cancel(name);

    assertThat(get(name)).isEqualTo(over);
  }

  @Test
  void theActionOfADeletedOperationEndsIfNobodyElseWaitsForIt() throws Exception {
    StockBot bot = new StockBot(replica, "bot", 1).open();
    Following following = client.execute(replica, "a");
    String name = following.name();
    bot.take();
    following.goAway();
    delete(name);
    // When the server notices that the client has gone is not the test's to say.
    for (int i = 0; i < 100 && bot.poll().getLeases(0).getState() == LeaseState.ACTIVE; i++) {
      clock.advance(Replica.GRACE.plusSeconds(1));
      bot.poll();
      replica.sweeper.sweep();
    }

    assertThat(bot.session().getLeases(0).getState()).isEqualTo(LeaseState.CANCELLED);
    assertCode(() -> get(name), Status.Code.NOT_FOUND);
  }
}
