package dev.millrace.logs;

import dev.millrace.logs.api.LogStreamGrpcService;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The beans of the Remote LogStream API; they need nothing beside the edge. */
@Configuration(proxyBeanMethods = false)
public class LogStreamConfiguration {

  @Bean
  LogStreamGrpcService logStreamGrpcService() {
    return new LogStreamGrpcService();
  }
}
