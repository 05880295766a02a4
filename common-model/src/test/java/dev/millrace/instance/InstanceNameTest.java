package dev.millrace.instance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.millrace.failure.Failure.InvalidRequest;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InstanceNameTest {

  @ParameterizedTest
  @ValueSource(
      strings = {"main", "team/project", "a/b/c/d/e/f", "Blobs", "blobs2", "équipe", "a b"})
  void takesAnyNumberOfSegments(String value) {
    assertThat(new InstanceName(value)).hasToString(value);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "blobs",
        "uploads",
        "actions",
        "actionResults",
        "operations",
        "capabilities",
        "compressed-blobs",
        "logstreams"
      })
  void refusesReservedWordsAsAnySegment(String word) {
    assertThat(InstanceName.isReserved(word)).isTrue();
    for (String value : new String[] {word, "team/" + word, word + "/x", "a/" + word + "/b"}) {
      assertThatExceptionOfType(InvalidRequest.class)
          .isThrownBy(() -> new InstanceName(value))
          .withMessageContaining("reserved segment '" + word + "'")
          .satisfies(e -> assertThat(e.field()).isEqualTo("instance_name"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/a", "a/", "a//b", "//"})
  void refusesEmptySegments(String value) {
    assertThatExceptionOfType(InvalidRequest.class)
        .isThrownBy(() -> new InstanceName(value))
        .withMessageContaining("empty segment");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a\0b", "a\nb", "a/\u007f", "\u0085"})
  void refusesControlCharacters(String value) {
    assertThatExceptionOfType(InvalidRequest.class)
        .isThrownBy(() -> new InstanceName(value))
        .withMessageContaining("control character");
  }

  @Test
  void refusesWhatIsTooLong() {
    assertThat(new InstanceName("a".repeat(1024)).value()).hasSize(1024);
    assertThatExceptionOfType(InvalidRequest.class)
        .isThrownBy(() -> new InstanceName("a".repeat(1025)))
        .withMessageContaining("1024");
  }

  @Test
  void parentsLeadToTheRoot() {
    InstanceName name = new InstanceName("team/project/branch");
    assertThat(name.parent()).contains(new InstanceName("team/project"));
    assertThat(new InstanceName("team").parent()).contains(InstanceName.ROOT);
    assertThat(InstanceName.ROOT.parent()).isEmpty();
  }

  @Test
  void onlyTheRootHasNoPrefix() {
    assertThat(InstanceName.ROOT.isRoot()).isTrue();
    assertThat(InstanceName.ROOT.prefix()).isEmpty();
    assertThat(new InstanceName("a/b").isRoot()).isFalse();
    assertThat(new InstanceName("a/b").prefix()).isEqualTo("a/b/");
  }

  @Property
  void anyTextIsAnInstanceOrAnInvalidRequest(@ForAll String text) {
    try {
      assertThat(new InstanceName(text)).hasToString(text);
    } catch (InvalidRequest e) {
      assertThat(e.field()).isEqualTo("instance_name");
    }
  }
}
