package dev.millrace.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.grpc.error.ErrorMappingInterceptor;
import dev.millrace.grpc.error.FailureStatuses;
import dev.millrace.grpc.request.RequestOriginInterceptor;
import dev.millrace.testing.StatusConformance;
import io.grpc.BindableService;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A server in this process with the edge that every service has. */
public final class Edge implements AutoCloseable {

  public final ManagedChannel channel;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final StatusConformance conformance = new StatusConformance();
  private final Server server;

  public Edge(BindableService service) {
    String name = UUID.randomUUID().toString();
    try {
      server =
          InProcessServerBuilder.forName(name)
              .executor(threads)
              .addService(service)
              .intercept(new ErrorMappingInterceptor(new FailureStatuses(() -> "incident-7")))
              .intercept(new RequestOriginInterceptor())
              .intercept(conformance)
              .build()
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    channel = InProcessChannelBuilder.forName(name).executor(threads).build();
  }

  @Override
  public void close() throws InterruptedException {
    channel.shutdownNow();
    server.shutdownNow().awaitTermination();
    threads.close();
    assertThat(conformance.violations()).isEmpty();
  }
}
