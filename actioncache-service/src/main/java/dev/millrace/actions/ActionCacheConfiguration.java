package dev.millrace.actions;

import dev.millrace.actioncache.ActionCache;
import dev.millrace.actioncache.caching.CachingActionCache;
import dev.millrace.actioncache.completeness.CompletenessCheckingActionCache;
import dev.millrace.actioncache.inheriting.InheritingActionCache;
import dev.millrace.actioncache.inlining.ResultInlining;
import dev.millrace.actioncache.successful.FailureHidingActionCache;
import dev.millrace.actions.api.ActionCacheCapabilities;
import dev.millrace.actions.api.ActionCacheGrpcService;
import dev.millrace.actions.store.ActionCacheSchema;
import dev.millrace.actions.store.PostgresActionCache;
import dev.millrace.actions.store.ResultChanges;
import dev.millrace.actions.store.ResultRevocations;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.grpc.request.DigestFunctionPolicy;
import dev.millrace.grpc.request.InstancePolicy;
import java.time.Clock;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * The ActionCache service. Needs a database, the blobs that results refer to, a clock, and the edge
 * that every service has.
 */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(ActionCacheProperties.class)
public class ActionCacheConfiguration {

  /** A statement that deletes so many takes some ten milliseconds. */
  private static final int REVOCATION_BATCH = 1000;

  @Bean(initMethod = "migrate")
  Flyway actionCacheMigrations(DataSource database) {
    return ActionCacheSchema.migrations(database);
  }

  /** The rows, the hot ones in memory. Nobody gets this one by its type: it checks nothing. */
  @Bean(defaultCandidate = false)
  CachingActionCache cachedResults(
      DataSource database,
      // Not called, but has to have run.
      @Qualifier("actionCacheMigrations") Flyway migrated,
      Clock clock,
      ActionCacheProperties properties) {
    return new CachingActionCache(
        new PostgresActionCache(database, clock, properties.maxConcurrentQueries()),
        clock,
        properties.cachedResultAge(),
        properties.maxCachedResults().toBytes());
  }

  /** The whole stack. */
  @Bean
  ActionCache actionCache(
      @Qualifier("cachedResults") CachingActionCache rows,
      BlobStore blobs,
      ActionCacheProperties properties) {
    ActionCache successful = new FailureHidingActionCache(rows);
    ActionCache complete =
        new CompletenessCheckingActionCache(successful, blobs, properties.maxTreeSize().toBytes());
    // Outermost: a result above is held against the blobs above, and gives way if it is incomplete.
    return new InheritingActionCache(complete);
  }

  /** What is revoked on any replica is forgotten on this one. */
  @Bean
  ResultChanges resultChanges(
      DataSource database,
      @Qualifier("actionCacheMigrations") Flyway migrated,
      @Qualifier("cachedResults") CachingActionCache cachedResults) {
    ResultChanges changes = new ResultChanges(database);
    changes.subscribe(cachedResults);
    return changes;
  }

  @Bean
  ResultRevocations resultRevocations(
      DataSource database, @Qualifier("actionCacheMigrations") Flyway migrated) {
    return new ResultRevocations(database, REVOCATION_BATCH);
  }

  @Bean
  ActionResultsEndpoint actionResultsEndpoint(ResultRevocations revocations) {
    return new ActionResultsEndpoint(revocations);
  }

  @Bean
  ActionCacheGrpcService actionCacheGrpcService(
      InstancePolicy instances,
      DigestFunctionPolicy functions,
      ActionCache actionCache,
      BlobStore blobs,
      ActionCacheProperties properties) {
    ResultInlining inlining =
        new ResultInlining(blobs, (int) properties.maxMessageSize().toBytes());
    return new ActionCacheGrpcService(instances, functions, actionCache, blobs, inlining);
  }

  @Bean
  ActionCacheCapabilities actionCacheCapabilities() {
    return new ActionCacheCapabilities();
  }
}
