package dev.millrace.actions;

import dev.millrace.grpc.server.GrpcEdgeConfiguration;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Import;

/** Runs the ActionCache service by itself, with the CAS at the other end of a channel. */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
@Import({GrpcEdgeConfiguration.class, ActionCacheConfiguration.class, CasPeerConfiguration.class})
public class ActionCacheApplication {

  public static void main(String[] arguments) {
    SpringApplication.run(ActionCacheApplication.class, arguments);
  }
}
