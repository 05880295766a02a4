package dev.millrace.execution.operation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.failure.Failure.InvalidRequest;
import dev.millrace.instance.InstanceName;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class OperationNameTest {

  private static final UUID ID = UUID.fromString("0b1c2d3e-0000-4000-8000-123456789abc");

  @ParameterizedTest
  @ValueSource(strings = {"", "team", "team/project"})
  void namesAreReadAsTheyAreWritten(String instance) {
    OperationName name = new OperationName(new InstanceName(instance), ID);

    assertThat(OperationName.parse(name.toString())).isEqualTo(name);
  }

  @Test
  void aNameBeginsWithItsInstance() {
    assertThat(new OperationName(new InstanceName("team/project"), ID))
        .hasToString("team/project/operations/" + ID);
    assertThat(new OperationName(InstanceName.ROOT, ID)).hasToString("operations/" + ID);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "operations",
        "operations/",
        "operations/nonsense",
        "operations/1-1-1-1-1",
        "/operations/0b1c2d3e-0000-4000-8000-123456789abc",
        "a//operations/0b1c2d3e-0000-4000-8000-123456789abc",
        "operations/0b1c2d3e-0000-4000-8000-123456789abc/more",
        "operations/0B1C2D3E-0000-4000-8000-123456789ABC",
        "team/0b1c2d3e-0000-4000-8000-123456789abc"
      })
  void anythingElseIsMalformed(String name) {
    assertThatThrownBy(() -> OperationName.parse(name)).isInstanceOf(InvalidRequest.class);
  }
}
