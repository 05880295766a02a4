package dev.millrace.grpc.request;

import static org.assertj.core.api.Assertions.assertThat;

import build.bazel.remote.execution.v2.CapabilitiesGrpc;
import build.bazel.remote.execution.v2.GetCapabilitiesRequest;
import build.bazel.remote.execution.v2.RequestMetadata;
import dev.millrace.grpc.Edge;
import dev.millrace.grpc.capabilities.CapabilitiesGrpcService;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.MDC;

final class RequestOriginInterceptorTest {

  private final List<RequestOrigin> origins = new ArrayList<>();
  private final List<Map<String, String>> logFields = new ArrayList<>();
  private final Edge edge =
      new Edge(
          new CapabilitiesGrpcService(
              InstancePolicy.any(),
              List.of((instance, capabilities) -> {
                origins.add(RequestOrigin.current());
                logFields.add(MDC.getCopyOfContextMap());
              })));

  @AfterEach
  void close() throws InterruptedException {
    edge.close();
  }

  @Test
  void theHandlerKnowsWhoAsksAndSoDoesTheLog() {
    RequestMetadata.Builder metadata =
        RequestMetadata.newBuilder()
            .setToolInvocationId("run-1")
            .setCorrelatedInvocationsId("job-1")
            .setActionId("action-1")
            .setActionMnemonic("Javac")
            .setTargetId("//app:server")
            .setConfigurationId("config-1");
    metadata.getToolDetailsBuilder().setToolName("bazel").setToolVersion("9.0");
    call(metadata.build().toByteArray());
    assertThat(origins)
        .containsExactly(
            new RequestOrigin(
                "bazel", "9.0", "run-1", "job-1", "action-1", "Javac", "//app:server", "config-1"));
    assertThat(logFields.getFirst())
        .containsEntry("tool", "bazel")
        .containsEntry("invocation", "run-1")
        .containsEntry("action", "action-1")
        .containsEntry("mnemonic", "Javac")
        .containsEntry("target", "//app:server")
        .containsEntry("method", "build.bazel.remote.execution.v2.Capabilities/GetCapabilities")
        .containsKey("peer");
  }

  @Test
  void aHeaderThatDoesNotParseCountsAsNone() {
    call(new byte[] {7, 7, 7});
    call(new byte[0]);
    assertThat(origins).containsExactly(RequestOrigin.UNKNOWN, RequestOrigin.UNKNOWN);
  }

  @Test
  void textsAreShortAndPrintable() {
    call(
        RequestMetadata.newBuilder()
            .setToolInvocationId("x".repeat(100_000))
            .setTargetId("a\nforged line\u001b[31m")
            .build()
            .toByteArray());
    assertThat(origins.getFirst().invocation()).hasSize(256);
    assertThat(origins.getFirst().target()).isEqualTo("a?forged line?[31m");
  }

  @Test
  void outsideOfACallNobodyIsKnown() {
    assertThat(RequestOrigin.current()).isEqualTo(RequestOrigin.UNKNOWN);
  }

  private void call(byte[] header) {
    Metadata headers = new Metadata();
    headers.put(RequestOriginInterceptor.HEADER, header);
    CapabilitiesGrpc.newBlockingStub(edge.channel)
        .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
        .getCapabilities(GetCapabilitiesRequest.getDefaultInstance());
  }
}
