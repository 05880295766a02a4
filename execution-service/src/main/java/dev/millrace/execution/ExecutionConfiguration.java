package dev.millrace.execution;

import dev.millrace.actioncache.ActionCache;
import dev.millrace.actioncache.inlining.ResultInlining;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.execution.api.Admission;
import dev.millrace.execution.api.ExecutionCapabilitiesContributor;
import dev.millrace.execution.api.ExecutionGrpcService;
import dev.millrace.execution.api.OperationFollower;
import dev.millrace.execution.api.OperationMessages;
import dev.millrace.execution.api.OperationsGrpcService;
import dev.millrace.execution.input.ActionInputs;
import dev.millrace.execution.store.ChangeListener;
import dev.millrace.execution.store.Changes;
import dev.millrace.execution.store.Database;
import dev.millrace.execution.store.ExecutionSchema;
import dev.millrace.execution.store.LeaseStore;
import dev.millrace.execution.store.OperationStore;
import dev.millrace.execution.store.SessionStore;
import dev.millrace.execution.store.Sweeper;
import dev.millrace.execution.workers.BotsGrpcService;
import dev.millrace.execution.workers.Dispatcher;
import dev.millrace.execution.workers.LeaseSettlement;
import dev.millrace.grpc.error.FailureStatuses;
import dev.millrace.grpc.request.DigestFunctionPolicy;
import dev.millrace.grpc.request.InstancePolicy;
import java.time.Clock;
import java.util.UUID;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.ApplicationListener;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.event.ContextClosedEvent;

/**
 * The execution service. Needs a database, the blobs that actions are made of, the action cache, a
 * clock, and the edge that every service has.
 */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties({ExecutionProperties.class, SharingProperties.class})
@Import({AdministrationConfiguration.class, HedgingConfiguration.class})
public class ExecutionConfiguration {

  @Bean(initMethod = "migrate")
  Flyway executionMigrations(DataSource database) {
    return ExecutionSchema.migrations(database);
  }

  @Bean
  Database executionDatabase(
      DataSource database,
      // Not called, but has to have run.
      @Qualifier("executionMigrations") Flyway migrated,
      ExecutionProperties properties) {
    return new Database(database, properties.maxConcurrentTransactions());
  }

  @Bean(destroyMethod = "close")
  Changes executionChanges() {
    return new Changes();
  }

  @Bean(initMethod = "start", destroyMethod = "close")
  ChangeListener executionChangeListener(Database executionDatabase, Changes changes) {
    return new ChangeListener(executionDatabase, changes);
  }

  /** Held calls end at once when the process is to stop, not when the grace period is over. */
  @Bean
  ApplicationListener<ContextClosedEvent> endOfExecutionWaits(Changes changes) {
    return closed -> changes.close();
  }

  @Bean
  OperationStore operationStore(
      Database executionDatabase, Clock clock, ExecutionProperties properties) {
    return new OperationStore(executionDatabase, clock, UUID::randomUUID, properties.abandonment());
  }

  @Bean
  LeaseStore leaseStore(
      Database executionDatabase,
      Clock clock,
      ExecutionProperties properties,
      SharingProperties sharing) {
    return new LeaseStore(
        executionDatabase,
        clock,
        UUID::randomUUID,
        properties.attemptPolicy(),
        properties.timeoutPolicy(),
        properties.botExpiry(),
        sharing.toFairShare());
  }

  @Bean
  SessionStore sessionStore(
      Database executionDatabase, Clock clock, ExecutionProperties properties) {
    return new SessionStore(
        executionDatabase,
        clock,
        UUID::randomUUID,
        properties.attemptPolicy(),
        properties.botExpiry());
  }

  @Bean
  Sweeper executionSweeper(
      OperationStore operations,
      LeaseStore leases,
      SessionStore sessions,
      Clock clock,
      ExecutionProperties properties) {
    return new Sweeper(
        operations, leases, sessions, clock, properties.limits(), properties.attendance());
  }

  @Bean
  RepeatedWork executionSweep(Sweeper sweeper, ExecutionProperties properties) {
    return new RepeatedWork("sweep", properties.sweepInterval(), sweeper::sweep);
  }

  @Bean
  ActionInputs actionInputs(BlobStore blobs) {
    return new ActionInputs(blobs);
  }

  @Bean
  LeaseSettlement leaseSettlement(
      LeaseStore leases, ActionInputs inputs, ActionCache actionCache, FailureStatuses statuses) {
    return new LeaseSettlement(leases, inputs, actionCache, statuses);
  }

  @Bean(initMethod = "start", destroyMethod = "close")
  Dispatcher executionDispatcher(LeaseStore leases, Changes changes) {
    return new Dispatcher(leases, changes);
  }

  @Bean
  BotsGrpcService botsGrpcService(
      InstancePolicy instances,
      SessionStore sessions,
      LeaseSettlement settlement,
      Dispatcher dispatcher,
      Changes changes,
      Clock clock,
      ExecutionProperties properties) {
    return new BotsGrpcService(
        instances, sessions, settlement, dispatcher, changes, properties.pollTiming(), clock);
  }

  @Bean
  Admission executionAdmission(
      ActionCache actionCache,
      ActionInputs inputs,
      OperationStore operations,
      SessionStore sessions,
      FailureStatuses statuses,
      ExecutionProperties properties) {
    return new Admission(
        actionCache, inputs, operations, sessions, properties.timeoutPolicy(), statuses);
  }

  @Bean
  OperationMessages operationMessages(
      OperationStore operations,
      SessionStore sessions,
      BlobStore blobs,
      ExecutionProperties properties) {
    return new OperationMessages(
        operations,
        sessions,
        new ResultInlining(blobs, (int) properties.maxMessageSize().toBytes()));
  }

  @Bean
  OperationFollower operationFollower(
      OperationStore operations,
      OperationMessages messages,
      Changes changes,
      ExecutionProperties properties) {
    return new OperationFollower(
        operations, messages, changes, properties.abandonment().dividedBy(4));
  }

  @Bean
  ExecutionGrpcService executionGrpcService(
      InstancePolicy instances,
      DigestFunctionPolicy functions,
      Admission admission,
      OperationFollower follower,
      ExecutionProperties properties) {
    return new ExecutionGrpcService(
        instances, functions, properties.priorities(), admission, follower);
  }

  @Bean
  OperationsGrpcService operationsGrpcService(
      InstancePolicy instances,
      OperationStore operations,
      OperationMessages messages,
      OperationFollower follower) {
    return new OperationsGrpcService(instances, operations, messages, follower);
  }

  @Bean
  ExecutionCapabilitiesContributor executionCapabilities(
      DigestFunctionPolicy functions, ExecutionProperties properties) {
    return new ExecutionCapabilitiesContributor(functions, properties.priorities());
  }
}
