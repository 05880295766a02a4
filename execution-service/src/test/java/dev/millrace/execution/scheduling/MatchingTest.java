package dev.millrace.execution.scheduling;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.execution.scheduling.Requirements.Property;
import dev.millrace.instance.InstanceName;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which platform runs on which worker. */
final class MatchingTest {

  @ParameterizedTest(name = "[{0}] on [{1}]: {2}")
  @CsvSource(
      delimiter = '|',
      value = {
        "''                         | ''                              | true",
        "''                         | OSFamily=linux ISA=x86-64       | true",
        "OSFamily=linux             | OSFamily=linux                  | true",
        "OSFamily=Linux             | OSFamily=linux                  | true",
        "OSFamily=linux             | OSFamily=windows                | false",
        "OSFamily=linux             | ''                              | false",
        "OSFamily=linux             | osfamily=linux                  | false",
        "ISA=x86-64                 | ISA=x86-64                      | true",
        "ISA=amd64                  | ISA=x86_64                      | true",
        "ISA=x86-64                 | ISA=x86-32 ISA=x86-64           | true",
        "ISA=x86-32 ISA=x86-64      | ISA=x86-32 ISA=x86-64           | true",
        "ISA=x86-32 ISA=x86-64      | ISA=x86-64                      | false",
        "ISA=aarch64                | ISA=arm64                       | true",
        "ISA=arm64                  | ISA=x86-64                      | false",
        "gpu=a100                   | gpu=a100                        | true",
        "gpu=A100                   | gpu=a100                        | false",
        "gpu=a100                   | ''                              | false",
        "gpu=                       | gpu=a100                        | false",
        "container-image=docker://i | container-image=i               | true",
        "container-image=i          | container-image=docker://i      | true",
        "container-image=i          | container-image=*               | true",
        "container-image=i          | container-image=j               | false",
        "container-image=i          | ''                              | false",
        "''                         | pool=default                    | true",
        "''                         | pool=                           | true",
        "''                         | pool=large                      | false",
        "''                         | pool=large pool=default         | true",
        "pool=large                 | pool=large                      | true",
        "pool=large                 | ''                              | false",
        "pool=default               | ''                              | true",
        "pool=                      | ''                              | true",
        "resource:cpus=4            | resource:cpus=4                 | true",
        "resource:cpus=0.5          | resource:cpus=4                 | true",
        "resource:cpus=4.001        | resource:cpus=4                 | false",
        "resource:cpus=1            | ''                              | false",
        "''                         | resource:cpus=4                 | true",
        "resource:cpus=many         | resource:cpus=4                 | false",
        "resource:cpus=1            | resource:cpus=many              | false",
        "resource:cpus=many         | resource:cpus=many              | false",
        "resource:cpus=2            | resource:cpus=1 resource:cpus=3 | true",
        "resource:memory=4Gi        | resource:memory=4294967296      | true",
        "resource:memory=4Gi        | resource:memory=4G              | false",
        "resource:licence=2         | resource:licence=3              | true",
        "cpu_count=2                | resource:cpus=2                 | true",
        "resource:cpus=2            | cpu_count=8                     | true",
        "memory_kb=4194304          | resource:memory=4Gi             | true",
        "min-cores=2 min-mem=4096   | resource:cpus=2 memory_kb=4     | true",
        "min-mem=4097               | memory_kb=4                     | false",
        "pool=large OSFamily=linux  | pool=large OSFamily=linux gpu=x | true",
      })
  void matches(String platform, String worker, boolean matches) {
    assertThat(Matching.matches(requirements(platform), offer(worker))).isEqualTo(matches);
  }

  static Requirements requirements(String properties) {
    return new Requirements(
        Arrays.stream(properties.split(" "))
            .filter(text -> !text.isEmpty())
            .map(text -> text.split("=", 2))
            .map(parts -> new Property(parts[0], parts[1]))
            .toList());
  }

  static Offer offer(String properties) {
    Map<String, Set<String>> offered = new HashMap<>();
    for (Property property : requirements(properties).properties()) {
      offered.computeIfAbsent(property.name(), name -> new HashSet<>()).add(property.value());
    }
    return new Offer(InstanceName.ROOT, offered);
  }
}
