package dev.millrace.execution.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import build.bazel.remote.execution.v2.CapabilitiesGrpc;
import build.bazel.remote.execution.v2.ExecutionStage.Value;
import build.bazel.remote.execution.v2.GetCapabilitiesRequest;
import build.bazel.remote.execution.v2.ServerCapabilities;
import com.google.longrunning.CancelOperationRequest;
import com.google.longrunning.DeleteOperationRequest;
import com.google.longrunning.GetOperationRequest;
import com.google.longrunning.ListOperationsRequest;
import com.google.longrunning.ListOperationsResponse;
import com.google.longrunning.Operation;
import com.google.longrunning.WaitOperationRequest;
import com.google.protobuf.Duration;
import com.google.protobuf.Empty;
import com.google.rpc.Code;
import dev.millrace.actioncache.memory.MemoryActionCache;
import dev.millrace.blobstore.memory.MemoryBlobStore;
import dev.millrace.execution.api.Client.Following;
import dev.millrace.execution.store.ExecutionSchema;
import dev.millrace.testing.ManualClock;
import dev.millrace.testing.TestDatabase;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class OperationsGrpcServiceTest {

  private final ManualClock clock = ManualClock.standing();
  private final MemoryBlobStore blobs = new MemoryBlobStore();
  private final DataSource database = TestDatabase.create();
  private final Client client = new Client(blobs);
  private Replica replica;

  @BeforeEach
  void start() {
    ExecutionSchema.migrations(database).migrate();
    replica =
        new Replica(
            database, blobs, new MemoryActionCache(), clock, java.time.Duration.ofSeconds(20));
  }

  @AfterEach
  void stop() {
    replica.close();
    assertThat(replica.conformance.violations()).isEmpty();
  }

  private Operation get(String name) {
    return replica
        .operationsStub()
        .getOperation(GetOperationRequest.newBuilder().setName(name).build());
  }

  private void cancel(String name) {
    Empty unused =
        replica
            .operationsStub()
            .cancelOperation(CancelOperationRequest.newBuilder().setName(name).build());
  }

  private ListOperationsResponse list(ListOperationsRequest.Builder request) {
    return replica.operationsStub().listOperations(request.build());
  }

  @Test
  void anOperationCanBeLookedAt() throws Exception {
    String name = client.execute(replica, "a").name();

    assertThat(get(name).getDone()).isFalse();
    assertThat(Client.metadata(get(name)).getStage()).isEqualTo(Value.QUEUED);
  }

  @Test
  void aCancelledOperationIsOverWithAResponse() throws Exception {
    Following following = client.execute(replica, "a");
    cancel(following.name());

    assertThat(following.response().getStatus().getCode()).isEqualTo(Code.CANCELLED_VALUE);
    cancel(following.name());
  }

  @Test
  void cancellingOneOfSeveralThatShareARunLeavesTheOthersAlone() throws Exception {
    Following first = client.execute(replica, "a");
    first.until(Value.QUEUED);
    Following second = client.execute(replica, "a");
    second.until(Value.QUEUED);
    cancel(first.name());
    StockBot bot = new StockBot(replica, "bot", 1).open();
    bot.complete(bot.take(), StockBot.GOOD);
    bot.pollAsync();

    assertThat(first.response().getStatus().getCode()).isEqualTo(Code.CANCELLED_VALUE);
    assertThat(second.response().getStatus().getCode()).isZero();
  }

  @Test
  void aDeletedOperationIsGoneAndItsActionGoesOnForOthers() throws Exception {
    Following first = client.execute(replica, "a");
    String name = first.name();
    Following second = client.execute(replica, "a");
    second.until(Value.QUEUED);
    Empty unused =
        replica
            .operationsStub()
            .deleteOperation(DeleteOperationRequest.newBuilder().setName(name).build());

    assertThatThrownBy(() -> get(name))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND));
    assertThat(get(second.name()).getDone()).isFalse();
  }

  @Test
  void waitingEndsWithTheOperationOrWithTheTime() throws Exception {
    String name = client.execute(replica, "a").name();
    Operation still =
        replica
            .operationsStub()
            .waitOperation(
                WaitOperationRequest.newBuilder()
                    .setName(name)
                    .setTimeout(Duration.newBuilder().setNanos(1_000_000))
                    .build());
    Future<Operation> waiting =
        StockBot.inBackground(() ->
            replica
                .operationsStub()
                .waitOperation(WaitOperationRequest.newBuilder().setName(name).build()));
    StockBot bot = new StockBot(replica, "bot", 1).open();
    bot.complete(bot.take(), StockBot.GOOD);
    bot.pollAsync();

    assertThat(still.getDone()).isFalse();
    assertThat(waiting.get(20, TimeUnit.SECONDS).getDone()).isTrue();
  }

  @Test
  void operationsAreListedInPagesThatLastOverReplicas() throws Exception {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      names.add(client.execute(replica, "action " + i).name());
      clock.advance(java.time.Duration.ofMillis(i % 2));
    }
    List<String> listed = new ArrayList<>();
    ListOperationsRequest.Builder request =
        ListOperationsRequest.newBuilder().setName("operations").setPageSize(2);
    int pages = 0;
    do {
      ListOperationsResponse page = list(request);
      page.getOperationsList().forEach(operation -> listed.add(operation.getName()));
      request.setPageToken(page.getNextPageToken());
      pages++;
    } while (!request.getPageToken().isEmpty());

    assertThat(pages).isEqualTo(3);
    assertThat(listed).containsExactlyInAnyOrderElementsOf(names);
  }

  @Test
  void filtersChoose() throws Exception {
    Following cancelled = client.execute(replica, "cancelled");
    cancel(cancelled.name());
    String queued = client.execute(replica, "queued").name();

    assertThat(names("done=false")).containsExactly(queued);
    assertThat(names("stage=QUEUED AND done=false")).containsExactly(queued);
    assertThat(names("stage=completed")).containsExactly(cancelled.name());
    assertThat(names("invocation=other")).isEmpty();
    assertThat(names("action=" + Client.metadata(get(queued)).getActionDigest().getHash()))
        .containsExactly(queued);
  }

  private List<String> names(String filter) {
    return list(ListOperationsRequest.newBuilder().setFilter(filter)).getOperationsList().stream()
        .map(Operation::getName)
        .toList();
  }

  @Test
  void malformedListsAreRefused() {
    for (ListOperationsRequest.Builder request :
        List.of(
            ListOperationsRequest.newBuilder().setFilter("nonsense"),
            ListOperationsRequest.newBuilder().setFilter("stage=LATE"),
            ListOperationsRequest.newBuilder().setFilter("done=true AND done=true"),
            ListOperationsRequest.newBuilder().setPageToken("nonsense"),
            ListOperationsRequest.newBuilder().setPageSize(-1))) {
      assertThatThrownBy(() -> list(request))
          .isInstanceOfSatisfying(
              StatusRuntimeException.class,
              e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT));
    }
  }

  @Test
  void capabilitiesTellThatActionsCanBeRunAndWithWhichPriorities() {
    ServerCapabilities capabilities =
        CapabilitiesGrpc.newBlockingStub(replica.channel)
            .getCapabilities(GetCapabilitiesRequest.getDefaultInstance());

    assertThat(capabilities.getExecutionCapabilities().getExecEnabled()).isTrue();
    assertThat(capabilities.getExecutionCapabilities().getDigestFunctionsCount()).isEqualTo(7);
    assertThat(
            capabilities
                .getExecutionCapabilities()
                .getExecutionPriorityCapabilities()
                .getPriorities(0)
                .getMinPriority())
        .isEqualTo(-10);
  }
}
