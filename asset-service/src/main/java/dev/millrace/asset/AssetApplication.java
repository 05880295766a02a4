package dev.millrace.asset;

import dev.millrace.grpc.server.GrpcEdgeConfiguration;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Import;

/** The Remote Asset API as a process of its own. */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
@Import({AssetConfiguration.class, GrpcEdgeConfiguration.class})
public class AssetApplication {

  static void main(String[] args) {
    SpringApplication.run(AssetApplication.class, args);
  }
}
