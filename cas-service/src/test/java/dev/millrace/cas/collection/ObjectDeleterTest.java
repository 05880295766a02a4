package dev.millrace.cas.collection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.failure.Failure;
import dev.millrace.testing.RandomBlobs;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ObjectDeleterTest {

  private final RandomBlobs random = RandomBlobs.seeded();
  private final Stock stock = new Stock();
  private final Stock.Replica replica = stock.replica();
  private final MemoryObjects bucket = new MemoryObjects(stock.objects, stock.clock.instant());
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final ObjectDeleter deleter =
      new ObjectDeleter(
          replica.deletions, bucket, new CollectionMetrics(registry), Pace.UNTIL_INTERRUPTED);

  @AfterEach
  void close() {
    stock.close();
  }

  @Test
  void whatIsDueIsDeletedAndNothingElse() {
    replica.upload(random.next(500), 100);
    assertThat(deleter.deleteDue()).isZero();
    stock.clock.advance(Duration.ofDays(2));
    replica.upload(random.next(300), 100);
    assertThat(deleter.deleteDue()).isEqualTo(5);
    assertThat(stock.objects).hasSize(3);
    assertThat(stock.count("cas.deletions")).isEqualTo(3);
    assertThat(registry.counter("millrace.cas.objects.deleted.objects").count()).isEqualTo(5);
  }

  @Test
  void moreThanOneCallMayHaveAreDeletedInSeveral() {
    stock
        .sql
        .sql(
            "insert into cas.deletions select gen_random_uuid(), '2025-01-01' from"
                + " generate_series(1, 2500)")
        .update();
    assertThat(deleter.deleteDue()).isEqualTo(2500);
    assertThat(stock.count("cas.deletions")).isZero();
  }

  @Test
  void whatCannotBeDeletedIsTriedAgainLaterAndHoldsUpNobody() {
    replica.upload(random.next(500), 100);
    Set<UUID> stubborn = new HashSet<>(stock.objects.keySet().stream().limit(2).toList());
    bucket.failFor(stubborn::contains);
    stock.clock.advance(Duration.ofDays(2));
    assertThat(deleter.deleteDue()).isEqualTo(3);
    assertThat(stock.leaked()).isEmpty();
    assertThat(deleter.deleteDue()).isZero();
    bucket.failFor(_ -> false);
    stock.clock.advance(Duration.ofMinutes(10));
    assertThat(deleter.deleteDue()).isEqualTo(2);
    assertThat(stock.objects).isEmpty();
  }

  @Test
  void aStoreThatDoesNotAnswerLeavesAllDue() {
    replica.upload(random.next(500), 100);
    stock.clock.advance(Duration.ofDays(2));
    bucket.failFor(_ -> true);
    assertThatThrownBy(deleter::deleteDue).isInstanceOf(Failure.Unavailable.class);
    assertThat(stock.count("cas.deletions")).isEqualTo(5);
    bucket.failFor(_ -> false);
    assertThat(deleter.deleteDue()).isEqualTo(5);
  }

  @Test
  void failuresAreFollowedByLongerAndLongerWaits() {
    Duration minute = Duration.ofMinutes(1);
    assertThat(RepeatedWork.delay(minute, 0)).isEqualTo(minute);
    assertThat(RepeatedWork.delay(minute, 1)).isEqualTo(Duration.ofMinutes(2));
    assertThat(RepeatedWork.delay(minute, 3)).isEqualTo(Duration.ofMinutes(8));
    assertThat(RepeatedWork.delay(minute, 1000)).isEqualTo(Duration.ofMinutes(16));
  }
}
