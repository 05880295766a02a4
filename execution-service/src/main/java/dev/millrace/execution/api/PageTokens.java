package dev.millrace.execution.api;

import dev.millrace.execution.store.OperationSnapshot;
import dev.millrace.execution.store.OperationStore.Position;
import dev.millrace.failure.Failure;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Where a page of operations ended; tokens hold on any replica and after a restart. */
final class PageTokens {

  private PageTokens() {}

  static String after(OperationSnapshot last) {
    return last.createdAt() + "." + last.name().id();
  }

  static Optional<Position> parse(String token) {
    if (token.isEmpty()) {
      return Optional.empty();
    }
    int dot = token.lastIndexOf('.');
    List<String> parts =
        dot < 0 ? List.of() : List.of(token.substring(0, dot), token.substring(dot + 1));
    try {
      if (!parts.isEmpty()) {
        return Optional.of(
            new Position(Instant.parse(parts.getFirst()), UUID.fromString(parts.getLast())));
      }
    } catch (DateTimeException | IllegalArgumentException e) {
      // Said below.
    }
    throw new Failure.InvalidRequest("page_token", "is not one that was given out");
  }
}
