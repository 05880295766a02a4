package dev.millrace.execution;

import dev.millrace.grpc.server.GrpcEdgeConfiguration;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Import;

/** Runs the execution service by itself, with CAS and ActionCache at the other end of channels. */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
@Import({GrpcEdgeConfiguration.class, ExecutionConfiguration.class, PeerConfiguration.class})
public class ExecutionApplication {

  public static void main(String[] arguments) {
    SpringApplication.run(ExecutionApplication.class, arguments);
  }
}
