package dev.millrace.cas.collection;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.millrace.cas.index.ObjectCensus;
import dev.millrace.cas.index.PostgresUploads;
import dev.millrace.cas.index.PostgresUploads.Saved;
import dev.millrace.digest.Digest;
import dev.millrace.instance.InstanceName;
import dev.millrace.testing.RandomBlobs;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class OrphanSearchTest {

  private static final InstanceName TEAM = new InstanceName("team");

  private final RandomBlobs random = RandomBlobs.seeded();
  private final Stock stock = new Stock();
  private final Stock.Replica replica = stock.replica();
  private final MemoryObjects bucket = new MemoryObjects(stock.objects, stock.clock.instant());
  private final OrphanSearch search =
      new OrphanSearch(
          new ObjectCensus(replica.database),
          bucket,
          new CollectionMetrics(new SimpleMeterRegistry()),
          stock.clock);

  @AfterEach
  void close() {
    stock.close();
  }

  @Test
  void onlyWhatNobodyKnowsIsFoundAndOnlyOnRequestLeftToBeDeleted() {
    Digest blob = replica.write(TEAM, random.next(500), 100);
    Digest damaged = replica.write(TEAM, random.next(500), 100);
    replica.index.quarantine(
        TEAM, damaged, replica.index.find(TEAM, Set.of(damaged)).get(damaged), "a test");
    PostgresUploads uploads = new PostgresUploads(replica.database, replica.deletions, stock.clock);
    uploads.save(
        "name",
        new Saved(
            uploads.begin("name"), replica.upload(random.next(300), 100).list(), new byte[0]));
    UUID orphan = UUID.randomUUID();
    stock.objects.put(orphan, ByteString.copyFromUtf8("left over"));
    stock.clock.advance(Duration.ofDays(1));
    assertThat(search.find().orElseThrow()).isEmpty();
    stock.clock.advance(Duration.ofSeconds(1));
    assertThat(search.find().orElseThrow()).containsExactly(orphan);
    assertThat(stock.leaked()).containsExactly(orphan);

    assertThat(search.release()).isEqualTo(1);
    assertThat(stock.leaked()).isEmpty();
    replica.deletions.deleteDue(
        1000,
        Duration.ofMinutes(1),
        due -> {
          assertThat(due).contains(orphan);
          return bucket.delete(due);
        });
    assertThat(stock.isReadable(TEAM, blob)).isTrue();
    assertThat(stock.objects).doesNotContainKey(orphan);
  }

  @Test
  void anotherSearchFindsTheSameAgain() {
    stock.objects.put(UUID.randomUUID(), ByteString.EMPTY);
    stock.clock.advance(Duration.ofDays(2));
    assertThat(search.find().orElseThrow()).hasSize(1);
    assertThat(search.find().orElseThrow()).hasSize(1);
  }
}
