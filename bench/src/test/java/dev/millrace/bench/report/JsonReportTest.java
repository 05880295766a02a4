package dev.millrace.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.jayway.jsonpath.JsonPath;
import dev.millrace.bench.workload.Workload.Unit;
import java.io.StringReader;
import java.time.Instant;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.xml.sax.InputSource;

class JsonReportTest {

  private static final Report ODD =
      new Report(
          Instant.EPOCH,
          1,
          1,
          List.of(
              new Row(
                  "write-large-1",
                  Unit.BYTES,
                  List.of(new Cell.Discarded("<host>:1", "said \"no\" & \\left\n\u0001")))));

  @Test
  void whateverAServerSaysIsStillJson() {
    assertThat(
            JsonPath.parse(JsonReport.of(ODD))
                .<String>read("$.workloads[0].endpoints[0].discarded"))
        .isEqualTo("said \"no\" & \\left\n\u0001");
    assertThat(ODD.isComplete()).isFalse();
  }

  @Test
  void whateverAnEndpointIsCalledIsStillAChart() throws Exception {
    var chart =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new InputSource(new StringReader(SvgChart.of(ODD))));
    assertThat(chart.getDocumentElement().getTextContent()).contains("<host>:1", "discarded");
  }
}
