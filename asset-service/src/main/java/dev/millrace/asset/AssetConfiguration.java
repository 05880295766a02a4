package dev.millrace.asset;

import dev.millrace.asset.api.FetchGrpcService;
import dev.millrace.asset.api.PushGrpcService;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The beans of the Remote Asset API; they need nothing beside the edge. */
@Configuration(proxyBeanMethods = false)
public class AssetConfiguration {

  @Bean
  FetchGrpcService fetchGrpcService() {
    return new FetchGrpcService();
  }

  @Bean
  PushGrpcService pushGrpcService() {
    return new PushGrpcService();
  }
}
