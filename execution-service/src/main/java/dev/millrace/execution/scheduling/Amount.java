package dev.millrace.execution.scheduling;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How much of a resource, as a property's value says it: a number such as {@code 2} or {@code 0.5},
 * with a suffix if it is large: {@code k M G T} for powers of 1000, {@code Ki Mi Gi Ti} for powers
 * of 1024.
 */
final class Amount {

  private static final Pattern FORM = Pattern.compile("(\\d{1,15}(?:\\.\\d{1,9})?)([kKMGT]?)(i?)");
  private static final String SUFFIXES = "KMGT";
  private static final BigDecimal MAX = BigDecimal.valueOf(Long.MAX_VALUE / 1000);

  private Amount() {}

  /** The amount in thousandths, rounded up; nothing if the text is none, or beyond all measure. */
  static Optional<Long> thousandths(String text, long unit) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches() || (matcher.group(2).isEmpty() && !matcher.group(3).isEmpty())) {
      return Optional.empty();
    }
    int power = 1 + SUFFIXES.indexOf(matcher.group(2).toUpperCase(Locale.ROOT));
    BigDecimal base = BigDecimal.valueOf(matcher.group(3).isEmpty() ? 1000 : 1024);
    BigDecimal amount =
        new BigDecimal(matcher.group(1))
            .multiply(matcher.group(2).isEmpty() ? BigDecimal.ONE : base.pow(power))
            .multiply(BigDecimal.valueOf(unit));
    return amount.compareTo(MAX) > 0
        ? Optional.empty()
        : Optional.of(amount.movePointRight(3).setScale(0, RoundingMode.CEILING).longValueExact());
  }
}
