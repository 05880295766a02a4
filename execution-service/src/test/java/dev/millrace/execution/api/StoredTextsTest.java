package dev.millrace.execution.api;

import static org.assertj.core.api.Assertions.assertThat;

import build.bazel.remote.execution.v2.ExecuteRequest;
import build.bazel.remote.execution.v2.ExecutionStage.Value;
import build.bazel.remote.execution.v2.Platform;
import com.google.devtools.remoteworkers.v1test2.BotSession;
import com.google.devtools.remoteworkers.v1test2.CreateBotSessionRequest;
import com.google.devtools.remoteworkers.v1test2.Device;
import com.google.devtools.remoteworkers.v1test2.UpdateBotSessionRequest;
import com.google.devtools.remoteworkers.v1test2.Worker;
import com.google.longrunning.ListOperationsRequest;
import com.google.rpc.Code;
import com.google.rpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What cannot be stored is refused where it comes in, and the field is named. */
final class StoredTextsTest extends ProtocolFixture {

  private static void assertRefused(Status status, String field) {
    assertThat(status.getCode()).as(status.getMessage()).isEqualTo(Code.INVALID_ARGUMENT_VALUE);
    assertThat(status.getMessage()).startsWith(field + ":");
  }

  private void assertExecuteRefused(ExecuteRequest.Builder request, String field) throws Exception {
    assertRefused(Client.refusal(client.execute(replica, request)), field);
  }

  private static void assertRefused(Executable call, String field) {
    try {
      call.execute();
    } catch (StatusRuntimeException refused) {
      assertRefused(StatusProto.fromThrowable(refused), field);
      return;
    } catch (Throwable other) {
      throw new AssertionError(other);
    }
    throw new AssertionError("was not refused");
  }

  private static String random(int length) {
    StringBuilder text = new StringBuilder();
    new java.util.SplittableRandom(1)
        .ints(length, 'a', 'z' + 1)
        .forEach(character -> text.append((char) character));
    return text.toString();
  }

  @Test
  void propertiesOfAPlatform() throws Exception {
    assertExecuteRefused(
        client.request(client.action("a", "ok=yes", "pool=a\0b")),
        "action.platform.properties[1].value");
    assertExecuteRefused(
        client.request(client.action("a", "po\0ol=ab")), "action.platform.properties[0].name");
    Platform.Builder large = Platform.newBuilder();
    for (int i = 0; i < 70; i++) {
      large.addPropertiesBuilder().setName("property" + i).setValue(random(1024));
    }
    assertExecuteRefused(client.request(client.action("a").setPlatform(large)), "action.platform");
  }

  @Test
  void aPlatformThatIsLargerThanAnIndexEntryIsNone() throws Exception {
    String image = "container-image=" + random(20_000);
    client.execute(replica, client.request(client.action("a", image))).until(Value.QUEUED);
    client.execute(replica, client.request(client.action("b", image))).until(Value.QUEUED);
    StockBot bot = new StockBot(replica, "bot", 2, image).open();
    assertThat(bot.take()).isNotNull();
  }

  @Test
  void pathsOfFilesToInline() throws Exception {
    assertExecuteRefused(
        client.request(client.action("a")).addInlineOutputFiles("b").addInlineOutputFiles("a\0b"),
        "inline_output_files[1]");
  }

  @Test
  void namesOfInstances() throws Exception {
    assertExecuteRefused(
        client.request(client.action("a")).setInstanceName("\u20ac".repeat(400)), "instance_name");
    assertExecuteRefused(
        client.request(client.action("a")).setInstanceName("a\0b"), "instance_name");
  }

  @Test
  void filters() {
    assertRefused(
        () ->
            replica
                .operationsStub()
                .listOperations(
                    ListOperationsRequest.newBuilder().setFilter("invocation=a\0b").build()),
        "filter");
  }

  @Test
  void whatBotsSayOfThemselves() {
    assertCreateRefused(BotSession.newBuilder().setBotId("a\0b"), "bot_session.bot_id");
    assertCreateRefused(BotSession.newBuilder().setBotId(random(2000)), "bot_session.bot_id");
    assertCreateRefused(offering("pool", "a\0b"), "bot_session.worker");
    assertCreateRefused(offering("po\0ol", "ab"), "bot_session.worker");
    assertCreateRefused(offering("pool", random(70_000)), "bot_session.worker");
    BotSession good = new StockBot(replica, "bot", 1).open().session();
    assertUpdateRefused(good.getName(), offering("pool", "a\0b"), "bot_session.worker");
    assertUpdateRefused("sessions/a\0b", good.toBuilder(), "name");
  }

  private static BotSession.Builder offering(String key, String value) {
    return BotSession.newBuilder()
        .setBotId("bot")
        .setWorker(
            Worker.newBuilder()
                .addDevices(
                    Device.newBuilder()
                        .addProperties(Device.Property.newBuilder().setKey(key).setValue(value))));
  }

  private void assertCreateRefused(BotSession.Builder session, String field) {
    assertRefused(
        () ->
            replica
                .bots()
                .createBotSession(
                    CreateBotSessionRequest.newBuilder().setBotSession(session).build()),
        field);
  }

  private void assertUpdateRefused(String name, BotSession.Builder session, String field) {
    assertRefused(
        () ->
            replica
                .bots()
                .updateBotSession(
                    UpdateBotSessionRequest.newBuilder()
                        .setName(name)
                        .setBotSession(session)
                        .build()),
        field);
  }
}
