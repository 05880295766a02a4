package dev.millrace.execution.api;

import build.bazel.remote.execution.v2.ExecutionGrpc;
import com.google.devtools.remoteworkers.v1test2.BotsGrpc;
import com.google.longrunning.OperationsGrpc;
import dev.millrace.actioncache.ActionCache;
import dev.millrace.actioncache.inlining.ResultInlining;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.execution.input.ActionInputs;
import dev.millrace.execution.scheduling.AttemptPolicy;
import dev.millrace.execution.scheduling.Attendance;
import dev.millrace.execution.scheduling.FairShare;
import dev.millrace.execution.scheduling.HedgePolicy;
import dev.millrace.execution.scheduling.Hedging;
import dev.millrace.execution.scheduling.TeamShare;
import dev.millrace.execution.scheduling.TimeoutPolicy;
import dev.millrace.execution.store.ChangeListener;
import dev.millrace.execution.store.Changes;
import dev.millrace.execution.store.Database;
import dev.millrace.execution.store.Hedges;
import dev.millrace.execution.store.LeaseStore;
import dev.millrace.execution.store.OperationStore;
import dev.millrace.execution.store.SessionStore;
import dev.millrace.execution.store.Sweeper;
import dev.millrace.execution.workers.BotsGrpcService;
import dev.millrace.execution.workers.Dispatcher;
import dev.millrace.execution.workers.LeaseSettlement;
import dev.millrace.execution.workers.PollTiming;
import dev.millrace.grpc.capabilities.CapabilitiesGrpcService;
import dev.millrace.grpc.error.ErrorMappingInterceptor;
import dev.millrace.grpc.error.FailureStatuses;
import dev.millrace.grpc.request.DigestFunctionPolicy;
import dev.millrace.grpc.request.InstancePolicy;
import dev.millrace.grpc.request.RequestOriginInterceptor;
import dev.millrace.testing.StatusConformance;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Executors;
import javax.sql.DataSource;

/** One replica of the service with all that is around it, without a network. */
public final class Replica implements AutoCloseable {

  public static final Duration GRACE = Duration.ofMinutes(1);
  public static final Duration RETENTION = Duration.ofHours(1);
  public static final Duration EXPIRY = Duration.ofSeconds(30);
  public static final FairShare SHARES =
      new FairShare(java.util.Map.of(), TeamShare.EQUAL, Duration.ofMinutes(1));
  public static final HedgePolicy HEDGING = new HedgePolicy(2, Duration.ofSeconds(15));
  public static final Duration WORKER_MEMORY = Duration.ofDays(1);
  public static final TimeoutPolicy TIMEOUTS =
      new TimeoutPolicy(Duration.ofHours(1), Duration.ofHours(6), Duration.ofMinutes(15));

  public final OperationStore operations;
  public final LeaseStore leases;
  public final SessionStore sessions;
  public final Sweeper sweeper;
  public final ManagedChannel channel;
  public final StatusConformance conformance = new StatusConformance();
  private final Changes changes = new Changes();
  private final ChangeListener listener;
  private final Dispatcher dispatcher;
  private final Hedges hedges;
  private final Server server;

  /**
   * @param idleHold how long an idle bot's call is held: the time a test waits where nothing comes
   */
  public Replica(
      DataSource dataSource, BlobStore blobs, ActionCache cache, Clock clock, Duration idleHold) {
    Database database = new Database(dataSource, 8);
    AttemptPolicy attempts = new AttemptPolicy(3);
    operations = new OperationStore(database, clock, UUID::randomUUID, GRACE);
    leases = new LeaseStore(database, clock, UUID::randomUUID, attempts, TIMEOUTS, EXPIRY, SHARES);
    hedges =
        new Hedges(
            database, clock, UUID::randomUUID, new Hedging(HEDGING, SHARES), TIMEOUTS, EXPIRY);
    sessions = new SessionStore(database, clock, UUID::randomUUID, attempts, EXPIRY);
    sweeper =
        new Sweeper(
            operations,
            leases,
            sessions,
            clock,
            new Sweeper.Limits(EXPIRY, GRACE, RETENTION, WORKER_MEMORY),
            attendance(clock));
    listener = new ChangeListener(database, changes).start();
    dispatcher = new Dispatcher(leases, changes).start();
    FailureStatuses statuses = FailureStatuses.withRandomIds();
    ActionInputs inputs = new ActionInputs(blobs);
    OperationMessages messages =
        new OperationMessages(operations, sessions, new ResultInlining(blobs, 1024 * 1024));
    OperationFollower follower =
        new OperationFollower(operations, messages, changes, Duration.ofSeconds(15));
    Priorities priorities = new Priorities(-10, 10);
    InstancePolicy instances = InstancePolicy.any();
    String name = InProcessServerBuilder.generateName();
    try {
      server =
          InProcessServerBuilder.forName(name)
              .executor(Executors.newVirtualThreadPerTaskExecutor())
              .addService(
                  new ExecutionGrpcService(
                      instances,
                      DigestFunctionPolicy.DEFAULT,
                      priorities,
                      new Admission(cache, inputs, operations, sessions, TIMEOUTS, statuses),
                      follower))
              .addService(new OperationsGrpcService(instances, operations, messages, follower))
              .addService(
                  new BotsGrpcService(
                      instances,
                      sessions,
                      new LeaseSettlement(leases, inputs, cache, statuses),
                      dispatcher,
                      changes,
                      new PollTiming(
                          idleHold, Duration.ofMillis(100), Duration.ofSeconds(5), EXPIRY),
                      clock))
              .addService(
                  new CapabilitiesGrpcService(
                      instances,
                      List.of(
                          new ExecutionCapabilitiesContributor(
                              DigestFunctionPolicy.DEFAULT, priorities))))
              // The last one added is the outermost.
              .intercept(new ErrorMappingInterceptor(statuses))
              .intercept(new RequestOriginInterceptor())
              .intercept(conformance)
              .build()
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    channel = InProcessChannelBuilder.forName(name).build();
  }

  /** Tests sweep when they like, from the start on. */
  private static Attendance attendance(Clock clock) {
    Attendance attendance = new Attendance(Duration.ofDays(365));
    attendance.looked(clock.instant(), clock.instant());
    return attendance;
  }

  public ExecutionGrpc.ExecutionBlockingV2Stub execution() {
    return ExecutionGrpc.newBlockingV2Stub(channel).withDeadlineAfter(Duration.ofSeconds(60));
  }

  public OperationsGrpc.OperationsBlockingStub operationsStub() {
    return OperationsGrpc.newBlockingStub(channel)
        .withDeadlineAfter(60, java.util.concurrent.TimeUnit.SECONDS);
  }

  public BotsGrpc.BotsBlockingStub bots() {
    return BotsGrpc.newBlockingStub(channel)
        .withDeadlineAfter(60, java.util.concurrent.TimeUnit.SECONDS);
  }

  /** Looks once for actions that seem to hang. */
  public void hedge() {
    dispatcher.hedge(hedges);
  }

  /** Ends without saying goodbye to anybody, as far as that can be had within a process. */
  @Override
  public void close() {
    channel.shutdownNow();
    server.shutdownNow();
    changes.close();
    dispatcher.close();
    listener.close();
  }
}
