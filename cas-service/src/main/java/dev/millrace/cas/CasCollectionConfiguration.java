package dev.millrace.cas;

import dev.millrace.cas.collection.BackgroundWork;
import dev.millrace.cas.collection.CollectionMetrics;
import dev.millrace.cas.collection.Collector;
import dev.millrace.cas.collection.ObjectDeleter;
import dev.millrace.cas.collection.OrphanSearch;
import dev.millrace.cas.collection.Pace;
import dev.millrace.cas.collection.RepeatedWork;
import dev.millrace.cas.collection.Rounds;
import dev.millrace.cas.collection.Scrubber;
import dev.millrace.cas.index.CollectionIndex;
import dev.millrace.cas.index.Deletions;
import dev.millrace.cas.index.IndexDatabase;
import dev.millrace.cas.index.ObjectCensus;
import dev.millrace.cas.index.PostgresUploads;
import dev.millrace.cas.index.Quarantine;
import dev.millrace.cas.index.ScrubbingIndex;
import dev.millrace.cas.s3.S3ObjectStore;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** What keeps blobs in PostgreSQL and S3 within their limits, and in order. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(CasCollectionProperties.class)
class CasCollectionConfiguration {

  private static final Duration DELETION_INTERVAL = Duration.ofMinutes(1);
  private static final Duration SCRUB_INTERVAL = Duration.ofMinutes(1);
  private static final Duration UPLOAD_INTERVAL = Duration.ofMinutes(10);
  private static final Duration ORPHAN_INTERVAL = Duration.ofDays(1);

  @Bean
  CollectionMetrics collectionMetrics(MeterRegistry registry) {
    return new CollectionMetrics(registry);
  }

  @Bean
  Rounds collectionRounds(
      IndexDatabase database,
      CasIndexProperties index,
      CasCollectionProperties properties,
      CollectionMetrics metrics) {
    Clock clock = Clock.systemUTC();
    Collector collector =
        new Collector(
            new CollectionIndex(database, index.toRetention()),
            properties.toSettings(),
            clock,
            Pace.UNTIL_INTERRUPTED);
    return new Rounds(collector, metrics, clock);
  }

  @Bean
  ObjectDeleter objectDeleter(
      Deletions deletions, S3ObjectStore objects, CollectionMetrics metrics) {
    return new ObjectDeleter(deletions, objects.bucket(), metrics, Pace.UNTIL_INTERRUPTED);
  }

  @Bean
  Scrubber scrubber(
      IndexDatabase database,
      Quarantine quarantine,
      S3ObjectStore objects,
      CasCollectionProperties properties,
      CollectionMetrics metrics) {
    return new Scrubber(
        new ScrubbingIndex(database),
        quarantine,
        objects,
        properties.scrub().toSettings(),
        metrics,
        Clock.systemUTC());
  }

  @Bean
  OrphanSearch orphanSearch(
      IndexDatabase database, S3ObjectStore objects, CollectionMetrics metrics) {
    return new OrphanSearch(
        new ObjectCensus(database), objects.bucket(), metrics, Clock.systemUTC());
  }

  @Bean
  BackgroundWork collectionWork(
      CasCollectionProperties properties,
      Rounds rounds,
      ObjectDeleter deleter,
      Scrubber scrubber,
      OrphanSearch orphans,
      PostgresUploads uploads) {
    List<RepeatedWork> works = new ArrayList<>();
    if (properties.enabled()) {
      works.add(collection(properties, rounds));
      if (!properties.dryRun()) {
        works.add(new RepeatedWork("object-deleter", DELETION_INTERVAL, deleter::deleteDue));
        works.add(
            new RepeatedWork(
                "upload-expiry",
                UPLOAD_INTERVAL,
                () ->
                    uploads.discardUntouchedSince(
                        Clock.systemUTC().instant().minus(properties.uploadAge()))));
      }
      if (properties.scrub().dailyShare() > 0) {
        works.add(new RepeatedWork("scrubber", SCRUB_INTERVAL, scrubber::scrub));
      }
      switch (properties.orphans()) {
        case OFF -> {}
        case REPORT -> works.add(new RepeatedWork("orphan-search", ORPHAN_INTERVAL, orphans::find));
        case DELETE ->
            works.add(new RepeatedWork("orphan-search", ORPHAN_INTERVAL, orphans::release));
      }
    }
    return new BackgroundWork(works);
  }

  private static RepeatedWork collection(CasCollectionProperties properties, Rounds rounds) {
    Duration interval = properties.interval();
    return new RepeatedWork(
        "collector",
        interval,
        properties.dryRun()
            ? rounds::rehearse
            // A little less, for the time that rounds and timers take.
            : () -> rounds.runIfDue(interval.minus(interval.dividedBy(10))));
  }

  @Bean
  CollectionEndpoint collectionEndpoint(
      Rounds rounds,
      IndexDatabase database,
      CasIndexProperties index,
      CasCollectionProperties properties) {
    return new CollectionEndpoint(
        rounds, new CollectionIndex(database, index.toRetention()), properties.dryRun());
  }
}
