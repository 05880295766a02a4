package dev.millrace.logs;

import dev.millrace.grpc.server.GrpcEdgeConfiguration;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Import;

/** The Remote LogStream API as a process of its own. */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
@Import({LogStreamConfiguration.class, GrpcEdgeConfiguration.class})
public class LogStreamApplication {

  static void main(String[] args) {
    SpringApplication.run(LogStreamApplication.class, args);
  }
}
