package dev.millrace.standalone;

import dev.millrace.actions.ActionCacheConfiguration;
import dev.millrace.asset.AssetConfiguration;
import dev.millrace.cas.CasConfiguration;
import dev.millrace.cas.CasStorageSelector;
import dev.millrace.execution.ExecutionConfiguration;
import dev.millrace.grpc.server.GrpcEdgeConfiguration;
import dev.millrace.logs.LogStreamConfiguration;
import dev.millrace.worker.WorkerConfiguration;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Import;

/**
 * Every service and a worker in one process on one port. Services find each other as beans; the
 * worker speaks to its server through a channel, as it would from another machine.
 */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
@Import({
  EmbeddedDatabaseConfiguration.class,
  GrpcEdgeConfiguration.class,
  CasStorageSelector.class,
  CasConfiguration.class,
  ActionCacheConfiguration.class,
  ExecutionConfiguration.class,
  AssetConfiguration.class,
  LogStreamConfiguration.class,
  WorkerConfiguration.class,
  StandaloneConfiguration.class
})
public class StandaloneApplication {

  public static void main(String[] arguments) {
    SpringApplication application = new SpringApplication(StandaloneApplication.class);
    // The services have HTTP ports for their operators; here there is one port, for clients.
    application.setWebApplicationType(WebApplicationType.NONE);
    application.run(arguments);
  }
}
