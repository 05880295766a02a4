package dev.millrace.grpc.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.digest.DigestFunction;
import dev.millrace.grpc.request.DigestFunctionPolicy;
import dev.millrace.grpc.request.Right;
import dev.millrace.instance.InstanceName;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

final class GrpcEdgePropertiesTest {

  @Test
  void nothingNeedsToBeSet() {
    GrpcEdgeProperties properties = bind(Map.of());
    assertThat(properties.digestFunctionPolicy()).isEqualTo(DigestFunctionPolicy.DEFAULT);
    assertThat(properties.instancePolicy().require("any/name"))
        .isEqualTo(new InstanceName("any/name"));
    assertThat(properties.maxConcurrentCalls()).isGreaterThanOrEqualTo(100);
  }

  @Test
  void functionsAreNamedInTheOrderOfPreference() {
    assertThat(bind(Map.of("digest-functions", "blake3,MD5")).digestFunctions())
        .isEqualTo(List.of(DigestFunction.BLAKE3, DigestFunction.MD5));
  }

  @Test
  void functionsThatNobodyShouldUseCannotBeNamed() {
    assertThatThrownBy(() -> bind(Map.of("digest-functions", "MURMUR3")))
        .hasStackTraceContaining("MURMUR3");
  }

  @Test
  void limitsBelowWhatClientsNeedAreRefused() {
    assertThatThrownBy(() -> bind(Map.of("max-concurrent-calls", "99")))
        .hasStackTraceContaining("at least 100");
    assertThatThrownBy(() -> bind(Map.of("flow-control-window", "1KB")))
        .hasStackTraceContaining("64 KiB");
  }

  @Test
  void anEndpointOrAnInstanceCanBeReadOnly() {
    InstanceName team = new InstanceName("team");
    assertThat(readOnly(Map.of()).rights().allow(Right.CAS_WRITE, team)).isTrue();
    assertThat(readOnly(Map.of("read-only", "true")).rights().allow(Right.CAS_WRITE, team))
        .isFalse();
    ReadOnlyProperties one = readOnly(Map.of("read-only-instances", "team,main"));
    assertThat(one.rights().allow(Right.AC_WRITE, team)).isFalse();
    assertThat(one.rights().allow(Right.AC_WRITE, InstanceName.ROOT)).isTrue();
  }

  private static ReadOnlyProperties readOnly(Map<String, String> settings) {
    MapConfigurationPropertySource source = new MapConfigurationPropertySource();
    settings.forEach((name, value) -> source.put("millrace.grpc." + name, value));
    return new Binder(source).bindOrCreate("millrace.grpc", ReadOnlyProperties.class);
  }

  private static GrpcEdgeProperties bind(Map<String, String> settings) {
    MapConfigurationPropertySource source = new MapConfigurationPropertySource();
    settings.forEach((name, value) -> source.put("millrace.grpc." + name, value));
    return new Binder(source).bindOrCreate("millrace.grpc", GrpcEdgeProperties.class);
  }
}
