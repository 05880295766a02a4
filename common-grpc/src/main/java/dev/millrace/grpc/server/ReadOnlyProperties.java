package dev.millrace.grpc.server;

import dev.millrace.grpc.request.CallerRights;
import dev.millrace.instance.InstanceName;
import java.util.List;
import java.util.stream.Collectors;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What nobody may write to, whoever it is.
 *
 * @param readOnly whether this endpoint takes no writes at all
 * @param readOnlyInstances instances that take none, nor do those below them
 */
@ConfigurationProperties(prefix = "millrace.grpc")
public record ReadOnlyProperties(
    @DefaultValue("false") boolean readOnly, @DefaultValue({}) List<String> readOnlyInstances) {

  public ReadOnlyProperties {
    readOnlyInstances = List.copyOf(readOnlyInstances);
  }

  CallerRights rights() {
    return readOnly
        ? CallerRights.readOnly()
        : CallerRights.readOnly(
            readOnlyInstances.stream()
                .map(InstanceName::new)
                .collect(Collectors.toUnmodifiableSet()));
  }
}
