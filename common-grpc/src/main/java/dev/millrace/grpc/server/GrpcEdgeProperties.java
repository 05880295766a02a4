package dev.millrace.grpc.server;

import dev.millrace.digest.DigestFunction;
import dev.millrace.grpc.request.DigestFunctionPolicy;
import dev.millrace.grpc.request.InstancePolicy;
import dev.millrace.instance.InstanceName;
import java.util.List;
import java.util.stream.Collectors;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * What every service takes from its configuration for its edge.
 *
 * @param instances the instances served; none listed means any
 * @param digestFunctions the digest functions served, the preferred one first
 * @param maxConcurrentCalls most calls at once on one connection
 * @param flowControlWindow how much a client may send ahead on a call, to begin with
 */
@ConfigurationProperties(prefix = "millrace.grpc")
public record GrpcEdgeProperties(
    @DefaultValue({}) List<String> instances,
    @DefaultValue({"SHA256", "BLAKE3", "SHA1", "SHA384", "SHA512", "SHA256TREE", "GITSHA1"})
        List<DigestFunction> digestFunctions,
    @DefaultValue("1000") int maxConcurrentCalls,
    @DefaultValue("1MB") DataSize flowControlWindow) {

  public GrpcEdgeProperties {
    instances = List.copyOf(instances);
    digestFunctions = List.copyOf(digestFunctions);
    if (maxConcurrentCalls < 100) {
      throw new IllegalArgumentException(
          "max-concurrent-calls: clients count on at least 100, not " + maxConcurrentCalls);
    }
    if (flowControlWindow.toBytes() < 65_535 || flowControlWindow.toMegabytes() > 64) {
      throw new IllegalArgumentException(
          "flow-control-window: from 64 KiB to 64 MiB, not " + flowControlWindow);
    }
  }

  InstancePolicy instancePolicy() {
    return InstancePolicy.only(
        instances.stream().map(InstanceName::new).collect(Collectors.toUnmodifiableSet()));
  }

  DigestFunctionPolicy digestFunctionPolicy() {
    return new DigestFunctionPolicy(digestFunctions);
  }
}
