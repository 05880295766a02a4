package dev.millrace.systemtests;

import dev.millrace.actioncache.ActionCache;
import dev.millrace.actioncache.completeness.CompletenessCheckingActionCache;
import dev.millrace.actioncache.inheriting.InheritingActionCache;
import dev.millrace.actioncache.inlining.ResultInlining;
import dev.millrace.actioncache.successful.FailureHidingActionCache;
import dev.millrace.actions.api.ActionCacheCapabilities;
import dev.millrace.actions.api.ActionCacheGrpcService;
import dev.millrace.actions.store.ActionCacheSchema;
import dev.millrace.actions.store.PostgresActionCache;
import dev.millrace.actions.store.ResultRevocations;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.grpc.capabilities.CapabilitiesGrpcService;
import dev.millrace.grpc.error.ErrorMappingInterceptor;
import dev.millrace.grpc.error.FailureStatuses;
import dev.millrace.grpc.request.Caller;
import dev.millrace.grpc.request.DigestFunctionPolicy;
import dev.millrace.grpc.request.InstancePolicy;
import dev.millrace.grpc.request.RequestOriginInterceptor;
import dev.millrace.testing.StatusConformance;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.util.List;
import javax.sql.DataSource;

/** ActionCache on a real PostgreSQL, stacked as its configuration does, with the edge it has. */
final class ActionCacheService implements AutoCloseable {

  static final int MAX_MESSAGE_BYTES = 3 * 1024 * 1024;

  private static final int MAX_TREE_BYTES = 1024 * 1024;
  private static final int CONNECTIONS = 8;

  final ManagedChannel channel;
  final ResultRevocations revocations;

  /** What is behind everything, which checks nothing. */
  final ActionCache rows;

  final StatusConformance conformance = new StatusConformance();
  private final Server server;
  private volatile Caller caller = Caller.UNKNOWN;

  ActionCacheService(DataSource database, BlobStore blobs, Clock clock, InstancePolicy instances) {
    ActionCacheSchema.migrations(database).migrate();
    revocations = new ResultRevocations(database, /* batchSize= */ 10);
    rows = new PostgresActionCache(database, clock, CONNECTIONS);
    ActionCache cache =
        new InheritingActionCache(
            new CompletenessCheckingActionCache(
                new FailureHidingActionCache(rows), blobs, MAX_TREE_BYTES));
    String name = InProcessServerBuilder.generateName();
    try {
      server =
          InProcessServerBuilder.forName(name)
              .addService(
                  new ActionCacheGrpcService(
                      instances,
                      DigestFunctionPolicy.DEFAULT,
                      cache,
                      blobs,
                      new ResultInlining(blobs, MAX_MESSAGE_BYTES)))
              .addService(
                  new CapabilitiesGrpcService(instances, List.of(new ActionCacheCapabilities())))
              .intercept(new Authentication())
              .intercept(new ErrorMappingInterceptor(FailureStatuses.withRandomIds()))
              .intercept(new RequestOriginInterceptor())
              .intercept(conformance)
              .build()
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    channel = InProcessChannelBuilder.forName(name).build();
  }

  /** Says who the calls from now on are from. */
  void authenticateAs(Caller caller) {
    this.caller = caller;
  }

  @Override
  public void close() {
    channel.shutdownNow();
    server.shutdownNow();
  }

  private final class Authentication implements ServerInterceptor {
    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      return Contexts.interceptCall(caller.in(Context.current()), call, headers, next);
    }
  }
}
