package dev.millrace.execution.scheduling;

/**
 * What actions have in common that take about as long: they are the same step of the same target,
 * as the client's metadata say. An action of which nothing is said is like no other.
 *
 * @param mnemonic the kind of action, such as {@code CppCompile}
 * @param target what is built by it
 */
public record Likeness(String instance, String mnemonic, String target) {

  public boolean isKnown() {
    return !mnemonic.isEmpty() && !target.isEmpty();
  }
}
