package dev.millrace.execution.scheduling;

import static dev.millrace.execution.scheduling.MatchingTest.offer;
import static dev.millrace.execution.scheduling.MatchingTest.requirements;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.execution.scheduling.Prospect.Hopeless;
import dev.millrace.execution.scheduling.Prospect.KnownWorker;
import dev.millrace.execution.scheduling.Prospect.Served;
import dev.millrace.execution.scheduling.Prospect.Waiting;
import dev.millrace.instance.InstanceName;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ProspectTest {

  @Test
  void aWorkerThatIsHereServes() {
    assertThat(of("OSFamily=linux", here("OSFamily=linux"))).isEqualTo(new Served());
  }

  @Test
  void withoutAnyWorkerAnActionWaits() {
    assertThat(of("OSFamily=linux"))
        .isInstanceOfSatisfying(
            Waiting.class, w -> assertThat(w.reason()).contains("no worker has connected yet"));
  }

  @Test
  void workersOfOtherInstancesDoNotCount() {
    KnownWorker elsewhere =
        new KnownWorker(new Offer(new InstanceName("team"), Map.of()), /* present= */ true);

    assertThat(of("", elsewhere)).isInstanceOf(Waiting.class);
  }

  @Test
  void anActionWaitsForAWorkerThatIsAway() {
    assertThat(of("gpu=a", here("gpu=b"), new KnownWorker(offer("gpu=a"), /* present= */ false)))
        .isInstanceOfSatisfying(Waiting.class, w -> assertThat(w.reason()).contains("1 worker(s)"));
  }

  @Test
  void whatNobodyOffersIsNamedWithWhatIsOffered() {
    Prospect prospect = of("ISA=arm64 OSFamily=linux", here("ISA=x86-64 OSFamily=linux"));

    assertThat(prospect)
        .isInstanceOfSatisfying(
            Hopeless.class,
            hopeless -> {
              assertThat(hopeless.property()).hasToString("ISA=arm64");
              assertThat(hopeless.reason()).contains("workers offer ISA=x86-64");
            });
  }

  @Test
  void aPropertyThatNoWorkerHasIsSaidToBeSo() {
    assertThat(of("gpu=a", here("OSFamily=linux")))
        .isInstanceOfSatisfying(
            Hopeless.class, h -> assertThat(h.reason()).contains("workers offer no gpu"));
  }

  @Test
  void thePoolThatGoesWithoutSayingIsNamedToo() {
    assertThat(of("", here("pool=large")))
        .isInstanceOfSatisfying(
            Hopeless.class,
            h -> assertThat(h.reason()).contains("pool=default").contains("pool=large"));
  }

  @Test
  void whatNobodyOffersAtOnceNamesWhatTheClosestLacks() {
    assertThat(of("a=1 b=1 c=1", here("a=1 b=1"), here("c=1")))
        .isInstanceOfSatisfying(
            Hopeless.class,
            h -> {
              assertThat(h.property()).hasToString("c=1");
              assertThat(h.reason()).contains("at once").contains("c=1");
            });
  }

  @Test
  void whoAsksForMoreThanAnyWorkerHasIsToldTheNearest() {
    assertThat(of("resource:cpus=64", here("resource:cpus=8"), here("cpu_count=32"), here("")))
        .isInstanceOfSatisfying(
            Hopeless.class,
            h -> {
              assertThat(h.property()).hasToString("resource:cpus=64");
              assertThat(h.reason())
                  .contains("no worker offers resource:cpus=64")
                  .contains("the most that one has is cpu_count=32");
            });
    assertThat(of("resource:cpus=64", here("OSFamily=linux")))
        .isInstanceOfSatisfying(
            Hopeless.class, h -> assertThat(h.reason()).contains("workers offer no resource:cpus"));
  }

  @Test
  void whoAsksForMoreThanOneWorkerHasAtOnceIsToldTheNearest() {
    assertThat(
            of(
                "resource:cpus=8 resource:memory=8Gi gpu=a",
                here("resource:cpus=4 resource:memory=8Gi"),
                here("resource:cpus=8 resource:memory=4Gi gpu=a")))
        .isInstanceOfSatisfying(
            Hopeless.class,
            h ->
                assertThat(h.reason())
                    .contains("lacks resource:memory=8Gi (it has resource:memory=4Gi)"));
  }

  @Test
  void whatIsNoAmountIsHopelessBeforeAnyWorkerCame() {
    assertThat(of("resource:memory=lots"))
        .isInstanceOfSatisfying(
            Hopeless.class,
            h -> assertThat(h.reason()).contains("resource:memory=lots is no amount"));
  }

  private static KnownWorker here(String properties) {
    return new KnownWorker(offer(properties), /* present= */ true);
  }

  private static Prospect of(String requirements, KnownWorker... known) {
    return Prospect.of(InstanceName.ROOT, requirements(requirements), List.of(known));
  }
}
