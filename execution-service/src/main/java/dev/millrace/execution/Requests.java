package dev.millrace.execution;

import dev.millrace.execution.admin.WorkerPattern;
import dev.millrace.failure.Failure;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.InvalidEndpointRequestException;

/** What operators ask for, checked: what is wrong with it is told with status 400. */
final class Requests {

  private Requests() {}

  static WorkerPattern pattern(
      @Nullable String instance, @Nullable String bot, @Nullable String property) {
    try {
      return WorkerPattern.of(instance, bot, property);
    } catch (Failure.InvalidRequest e) {
      throw invalid(String.valueOf(e.getMessage()));
    }
  }

  /** Something that must be said, such as who asks. */
  static String said(String name, String text) {
    if (text.isBlank() || text.length() > 1_000) {
      throw invalid(name + ": must be said, in at most 1000 characters");
    }
    return text.strip();
  }

  static InvalidEndpointRequestException invalid(String problem) {
    return new InvalidEndpointRequestException(problem, problem);
  }
}
