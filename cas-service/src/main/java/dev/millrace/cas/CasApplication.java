package dev.millrace.cas;

import dev.millrace.grpc.server.GrpcEdgeConfiguration;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.PropertySource;

/** The blob service as a process of its own. */
@SpringBootConfiguration
@EnableAutoConfiguration
@Import({
  GrpcEdgeConfiguration.class,
  CasDatabaseConfiguration.class,
  CasStorageSelector.class,
  CasConfiguration.class
})
@PropertySource("classpath:dev/millrace/cas/cas-service.properties")
public class CasApplication {

  public static void main(String[] args) {
    SpringApplication.run(CasApplication.class, args);
  }
}
