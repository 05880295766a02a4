package dev.millrace.bench.report;

import dev.millrace.bench.measure.Figures;
import dev.millrace.bench.measure.Sample;
import java.util.List;
import java.util.OptionalLong;

/** One workload at one endpoint. */
public sealed interface Cell {

  String endpoint();

  /**
   * All rounds went well.
   *
   * @param peakMemory of the server so far, in bytes
   */
  record Measured(String endpoint, Figures figures, List<Sample> samples, OptionalLong peakMemory)
      implements Cell {
    public Measured {
      samples = List.copyOf(samples);
    }
  }

  /** Something failed: there are no figures. */
  record Discarded(String endpoint, String reason) implements Cell {}
}
