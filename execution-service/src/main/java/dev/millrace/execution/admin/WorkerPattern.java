package dev.millrace.execution.admin;

import dev.millrace.execution.scheduling.Offer;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which workers an operator means. All three parts have to match; {@code *} stands for any text and
 * {@code ?} for any one character.
 *
 * @param instance of the instance that the worker's session is for
 * @param bot of the bot id
 * @param property {@code name=pattern} of a property that the worker offers with such a value, or
 *     {@code *} where none matters
 */
public record WorkerPattern(String instance, String bot, String property) {

  public static final WorkerPattern ALL = new WorkerPattern("*", "*", "*");

  private static final String ANY = "*";
  private static final int MAX_LENGTH = 1_000;

  public WorkerPattern {
    for (String part : List.of(instance, bot, property)) {
      if (part.length() > MAX_LENGTH) {
        throw new Failure.InvalidRequest("pattern", "has more than " + MAX_LENGTH + " characters");
      }
    }
    if (bot.isEmpty()) {
      throw new Failure.InvalidRequest("bot", "must not be empty: no bot has an empty id");
    }
    if (!property.equals(ANY) && property.indexOf('=') < 1) {
      throw new Failure.InvalidRequest("property", "must be name=pattern, is '" + property + "'");
    }
  }

  /**
   * The pattern of which an operator says some parts; what is left out matches anything.
   *
   * @throws Failure.InvalidRequest if nothing is said, or something is malformed
   */
  public static WorkerPattern of(
      @Nullable String instance, @Nullable String bot, @Nullable String property) {
    if (instance == null && bot == null && property == null) {
      throw new Failure.InvalidRequest(
          "pattern", "give at least one of instance, bot, property; bot=* is every worker");
    }
    return new WorkerPattern(orAny(instance), orAny(bot), orAny(property));
  }

  private static String orAny(@Nullable String part) {
    return part == null ? ANY : part;
  }

  public boolean matches(InstanceName session, String botId, Offer offer) {
    return new Glob(bot).matches(botId)
        && new Glob(instance).matches(session.value())
        && (property.equals(ANY) || matchesProperty(offer));
  }

  private boolean matchesProperty(Offer offer) {
    int equals = property.indexOf('=');
    String name = property.substring(0, equals);
    Glob value = new Glob(property.substring(equals + 1));
    Set<String> offered =
        name.equals(Pool.PROPERTY)
            ? Pool.of(offer)
            : offer.properties().getOrDefault(name, Set.of());
    return offered.stream().anyMatch(value::matches);
  }
}
