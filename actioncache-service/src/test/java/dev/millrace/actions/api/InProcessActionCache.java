package dev.millrace.actions.api;

import dev.millrace.actioncache.ActionCache;
import dev.millrace.actioncache.completeness.CompletenessCheckingActionCache;
import dev.millrace.actioncache.inlining.ResultInlining;
import dev.millrace.actioncache.memory.MemoryActionCache;
import dev.millrace.actioncache.successful.FailureHidingActionCache;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.memory.MemoryBlobStore;
import dev.millrace.grpc.capabilities.CapabilitiesGrpcService;
import dev.millrace.grpc.error.ErrorMappingInterceptor;
import dev.millrace.grpc.error.FailureStatuses;
import dev.millrace.grpc.request.Caller;
import dev.millrace.grpc.request.DigestFunctionPolicy;
import dev.millrace.grpc.request.InstancePolicy;
import dev.millrace.grpc.request.RequestOriginInterceptor;
import dev.millrace.instance.InstanceName;
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
import java.util.List;
import java.util.Set;

/** The service with all that is around it, on the heap and without a network. */
public final class InProcessActionCache implements AutoCloseable {

  public static final int MAX_MESSAGE_BYTES = 3 * 1024 * 1024;

  /** What is behind everything. */
  public final MemoryActionCache results = new MemoryActionCache();

  public final MemoryBlobStore blobs = new MemoryBlobStore();
  public final ManagedChannel channel;
  private final Server server;

  public InProcessActionCache(InstanceName... served) {
    this(Set.of(served));
  }

  private InProcessActionCache(Set<InstanceName> served) {
    this(InstancePolicy.only(served));
  }

  InProcessActionCache(InstancePolicy instances) {
    this(instances, Caller.UNKNOWN);
  }

  /**
   * @param caller who all calls are from
   */
  InProcessActionCache(InstancePolicy instances, Caller caller) {
    BlobStore store = blobs;
    ActionCache cache =
        new CompletenessCheckingActionCache(
            new FailureHidingActionCache(results), store, 1024 * 1024);
    String name = InProcessServerBuilder.generateName();
    try {
      server =
          InProcessServerBuilder.forName(name)
              .addService(
                  new ActionCacheGrpcService(
                      instances,
                      DigestFunctionPolicy.DEFAULT,
                      cache,
                      store,
                      new ResultInlining(store, MAX_MESSAGE_BYTES)))
              .addService(
                  new CapabilitiesGrpcService(instances, List.of(new ActionCacheCapabilities())))
              // The last one added is the outermost.
              .intercept(authentication(caller))
              .intercept(new ErrorMappingInterceptor(FailureStatuses.withRandomIds()))
              .intercept(new RequestOriginInterceptor())
              .build()
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    channel = InProcessChannelBuilder.forName(name).build();
  }

  @Override
  public void close() {
    channel.shutdownNow();
    server.shutdownNow();
  }

  private static ServerInterceptor authentication(Caller caller) {
    return new ServerInterceptor() {
      @Override
      public <Q, R> ServerCall.Listener<Q> interceptCall(
          ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        return Contexts.interceptCall(caller.in(Context.current()), call, headers, next);
      }
    };
  }
}
