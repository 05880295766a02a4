package dev.millrace.cas.collection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.cas.collection.Limit.Scope;
import dev.millrace.digest.Digest;
import dev.millrace.instance.InstanceName;
import dev.millrace.testing.RandomBlobs;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class RoundsTest {

  private static final InstanceName TEAM = new InstanceName("team");

  private final RandomBlobs random = RandomBlobs.seeded();
  private final Stock stock = new Stock();
  private final Stock.Replica replica = stock.replica();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final CollectionMetrics metrics = new CollectionMetrics(registry);
  private final Rounds rounds = rounds(replica.collector(new Limit(new Scope.Everything(), 0, 0)));

  private Rounds rounds(Collector collector) {
    return new Rounds(collector, metrics, stock.clock);
  }

  @AfterEach
  void close() {
    stock.close();
  }

  @Test
  void metersSayWhatWentAndWhatDidNot() {
    Digest used = replica.write(TEAM, random.next(100), 1000);
    replica.write(TEAM, random.next(200), 1000);
    stock.clock.advance(Duration.ofDays(1));
    replica.write(TEAM, random.next(400), 1000);
    rounds.run();
    assertThat(gauge("stored.blobs")).isEqualTo(3);
    assertThat(gauge("stored.bytes")).isEqualTo(700);
    assertThat(gauge("collection.shortfall")).isEqualTo(400);
    assertThat(counter("collection.condemned.bytes")).isEqualTo(300);
    replica.index.findMissing(TEAM, Set.of(used));
    stock.clock.advance(Stock.CONDEMNED_FOR);
    rounds.run();
    assertThat(counter("collection.deleted.blobs")).isEqualTo(1);
    assertThat(counter("collection.deleted.bytes")).isEqualTo(200);
    assertThat(counter("collection.spared.blobs")).isEqualTo(1);
    assertThat(gauge("collection.last.success")).isEqualTo(stock.clock.instant().getEpochSecond());
  }

  @Test
  void aRehearsalIsRememberedButNotCounted() {
    replica.write(TEAM, random.next(100), 1000);
    stock.clock.advance(Duration.ofDays(1));
    Round rehearsed = rounds.rehearse().orElseThrow();
    assertThat(rounds.last()).contains(rehearsed);
    assertThat(counter("collection.condemned.blobs")).isZero();
    assertThat(gauge("collection.last.success")).isZero();
  }

  @Test
  void aRoundThatFailsIsCounted() {
    Pace failing =
        () -> {
          throw new IllegalStateException("on purpose");
        };
    Rounds broken = rounds(replica.collector(failing, 10));
    assertThatThrownBy(broken::run).hasMessage("on purpose");
    assertThat(counter("collection.failures.rounds")).isEqualTo(1);
    assertThat(broken.last()).isEmpty();
  }

  @Test
  void allReplicasTogetherRunOneRoundAnInterval() {
    Duration interval = Duration.ofMinutes(5);
    Rounds other = rounds(stock.replica().collector());
    assertThat(rounds.runIfDue(interval)).isPresent();
    assertThat(other.runIfDue(interval)).isEmpty();
    stock.clock.advance(interval);
    assertThat(other.runIfDue(interval)).isPresent();
    assertThat(rounds.runIfDue(interval)).isEmpty();
  }

  private double gauge(String name) {
    return registry.get("millrace.cas." + name).gauge().value();
  }

  private double counter(String name) {
    return registry.counter("millrace.cas." + name).count();
  }
}
