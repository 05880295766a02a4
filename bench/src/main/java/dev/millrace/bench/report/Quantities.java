package dev.millrace.bench.report;

import dev.millrace.bench.workload.Workload.Unit;
import java.util.Locale;

/** Figures as people read them. */
final class Quantities {

  private Quantities() {}

  static String throughput(Unit unit, double perSecond) {
    return switch (unit) {
      case BYTES -> text(perSecond / 1e6) + " MB/s";
      case OPERATIONS -> text(perSecond) + " /s";
    };
  }

  static String cpu(Unit unit, double figure) {
    return switch (unit) {
      case BYTES -> text(figure) + " s/GB";
      case OPERATIONS -> text(figure) + " s/1000";
    };
  }

  static String millis(double millis) {
    return text(millis);
  }

  static String memory(long bytes) {
    return text(bytes / 1e6) + " MB";
  }

  static String ratio(double ratio) {
    return text(ratio) + "x";
  }

  /** Three digits that count. */
  private static String text(double value) {
    int digits = value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3;
    return String.format(Locale.ROOT, "%." + digits + "f", value);
  }
}
