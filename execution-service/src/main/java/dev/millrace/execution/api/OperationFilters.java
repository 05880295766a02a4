package dev.millrace.execution.api;

import dev.millrace.execution.store.OperationFilter;
import dev.millrace.execution.store.StoredText;
import dev.millrace.failure.Failure;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The filters of ListOperations: terms like {@code stage=QUEUED}, {@code done=false}, {@code
 * invocation=id}, {@code action=hash}, joined by AND.
 */
final class OperationFilters {

  private static final Set<String> NAMES = Set.of("stage", "done", "invocation", "action");
  private static final Set<String> STAGES = Set.of("QUEUED", "EXECUTING", "COMPLETED");

  private OperationFilters() {}

  static OperationFilter parse(String filter) {
    Map<String, String> terms = new LinkedHashMap<>();
    if (!filter.isBlank()) {
      for (String term : filter.strip().split("\\s+AND\\s+", -1)) {
        List<String> parts = List.of(term.split("=", 2));
        if (parts.size() < 2 || !NAMES.contains(parts.getFirst().strip())) {
          throw malformed("'" + term + "' is not one of " + NAMES.stream().sorted().toList() + "=");
        }
        int unused = StoredText.bytes("filter", term);
        if (terms.put(parts.getFirst().strip(), parts.getLast().strip()) != null) {
          throw malformed("'" + parts.getFirst() + "' occurs twice");
        }
      }
    }
    return new OperationFilter(
        Optional.ofNullable(terms.get("stage")).map(OperationFilters::stage),
        Optional.ofNullable(terms.get("done")).map(OperationFilters::flag),
        Optional.ofNullable(terms.get("invocation")),
        Optional.ofNullable(terms.get("action")));
  }

  private static String stage(String value) {
    String stage = value.toUpperCase(Locale.ROOT);
    if (!STAGES.contains(stage)) {
      throw malformed("a stage is one of " + STAGES.stream().sorted().toList());
    }
    return stage;
  }

  private static boolean flag(String value) {
    return switch (value) {
      case "true" -> true;
      case "false" -> false;
      default -> throw malformed("done is true or false");
    };
  }

  private static Failure.InvalidRequest malformed(String problem) {
    return new Failure.InvalidRequest("filter", problem);
  }
}
