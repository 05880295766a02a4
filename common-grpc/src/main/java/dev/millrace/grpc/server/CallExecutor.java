package dev.millrace.grpc.server;

import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.springframework.boot.grpc.server.autoconfigure.GrpcServerExecutorProvider;

/** A virtual thread for every callback of a call, since handlers block. */
final class CallExecutor implements GrpcServerExecutorProvider, AutoCloseable {

  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("grpc-call-", 0).factory());

  @Override
  public Executor getExecutor() {
    return threads;
  }

  @Override
  public void close() {
    threads.shutdown();
  }
}
