package dev.millrace.grpc.server;

import dev.millrace.digest.Blake3;
import dev.millrace.grpc.admission.Admission;
import dev.millrace.grpc.admission.AdmissionInterceptor;
import dev.millrace.grpc.admission.AdmissionLimits;
import dev.millrace.grpc.admission.InboundBytes;
import dev.millrace.grpc.bytestream.ByteStreamGrpcService;
import dev.millrace.grpc.bytestream.ByteStreamHandler;
import dev.millrace.grpc.capabilities.CapabilitiesContributor;
import dev.millrace.grpc.capabilities.CapabilitiesGrpcService;
import dev.millrace.grpc.error.ErrorMappingInterceptor;
import dev.millrace.grpc.error.FailureStatuses;
import dev.millrace.grpc.outgoing.OutgoingBuffers;
import dev.millrace.grpc.request.CallerRights;
import dev.millrace.grpc.request.DigestFunctionPolicy;
import dev.millrace.grpc.request.InstancePolicy;
import dev.millrace.grpc.request.RequestOriginInterceptor;
import io.grpc.netty.NettyServerBuilder;
import io.micrometer.core.instrument.binder.grpc.ObservationGrpcServerInterceptor;
import io.micrometer.observation.ObservationRegistry;
import io.netty.channel.ChannelOption;
import io.netty.util.internal.PlatformDependent;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.PropertySource;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.grpc.server.GlobalServerInterceptor;
import org.springframework.grpc.server.ServerBuilderCustomizer;
import org.springframework.grpc.server.exception.GrpcExceptionHandlerInterceptor;

/**
 * The edge of every service. Handlers and contributors are whatever the process has of them, so
 * that one process with several services still has one ByteStream and one Capabilities service.
 *
 * <p>Interceptors, from the outside in: metrics see the true status of every call; the log's fields
 * are set before anything is logged; errors are mapped around all that may fail. What there is no
 * room for is refused before any of that.
 */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties({
  GrpcEdgeProperties.class,
  ReadOnlyProperties.class,
  AdmissionProperties.class
})
@PropertySource("classpath:dev/millrace/grpc/server/edge.properties")
public class GrpcEdgeConfiguration {

  private static final Logger log = LoggerFactory.getLogger(GrpcEdgeConfiguration.class);
  private static final int RESETS_WITHIN_SECONDS = 10;

  private static final int METRICS = Ordered.HIGHEST_PRECEDENCE;
  private static final int ADMISSION = METRICS + 5;
  private static final int ORIGIN = METRICS + 10;
  private static final int ERRORS = METRICS + 20;

  @Bean
  InstancePolicy instancePolicy(
      GrpcEdgeProperties properties,
      ReadOnlyProperties readOnly,
      ObjectProvider<CallerRights> rights) {
    return properties
        .instancePolicy()
        .restrictedTo(readOnly.rights())
        .restrictedTo(CallerRights.allOf(rights.orderedStream().toList()));
  }

  @Bean
  DigestFunctionPolicy digestFunctionPolicy(GrpcEdgeProperties properties) {
    log.info("BLAKE3 is computed by {}", Blake3.implementation());
    return properties.digestFunctionPolicy();
  }

  @Bean
  FailureStatuses failureStatuses() {
    return FailureStatuses.withRandomIds();
  }

  @Bean
  @Order(METRICS)
  @GlobalServerInterceptor
  ObservationGrpcServerInterceptor observationInterceptor(
      ObjectProvider<ObservationRegistry> registry) {
    return new ObservationGrpcServerInterceptor(
        registry.getIfAvailable(() -> ObservationRegistry.NOOP));
  }

  @Bean
  AdmissionLimits admissionLimits(AdmissionProperties properties) {
    return properties.limits(Runtime.getRuntime().maxMemory(), PlatformDependent.maxDirectMemory());
  }

  @Bean
  Admission admission(AdmissionLimits limits) {
    return new Admission(limits, System::nanoTime);
  }

  @Bean
  IdleSweep idleSweep(Admission admission) {
    return new IdleSweep(admission.openCalls());
  }

  @Bean
  AdmissionMetrics admissionMetrics(Admission admission) {
    return new AdmissionMetrics(admission);
  }

  @Bean
  @Order(ADMISSION)
  @GlobalServerInterceptor
  AdmissionInterceptor admissionInterceptor(Admission admission) {
    return new AdmissionInterceptor(admission);
  }

  @Bean
  @Order(ORIGIN)
  @GlobalServerInterceptor
  RequestOriginInterceptor requestOriginInterceptor() {
    return new RequestOriginInterceptor();
  }

  @Bean
  @Order(ERRORS)
  @GlobalServerInterceptor
  ErrorMappingInterceptor errorMappingInterceptor(FailureStatuses statuses) {
    return new ErrorMappingInterceptor(statuses);
  }

  /** Stands in for Spring's, which would wrap every call and finds nothing that is not mapped. */
  @Bean
  GrpcExceptionHandlerInterceptor grpcExceptionHandlerInterceptor() {
    return new GrpcExceptionHandlerInterceptor(thrown -> null);
  }

  @Bean
  ByteStreamGrpcService byteStreamGrpcService(
      InstancePolicy instances, ObjectProvider<ByteStreamHandler> handlers) {
    return new ByteStreamGrpcService(instances, handlers.orderedStream().toList());
  }

  @Bean
  CapabilitiesGrpcService capabilitiesGrpcService(
      InstancePolicy instances, ObjectProvider<CapabilitiesContributor> contributors) {
    return new CapabilitiesGrpcService(instances, contributors.orderedStream().toList());
  }

  @Bean
  CallExecutor callExecutor() {
    return new CallExecutor();
  }

  @Bean
  ServerBuilderCustomizer<NettyServerBuilder> nettyLimits(
      GrpcEdgeProperties properties,
      AdmissionProperties admissionProperties,
      AdmissionLimits limits,
      Admission admission) {
    int window = Math.toIntExact(properties.flowControlWindow().toBytes());
    boolean grows = limits.roomForGrownWindows(PlatformDependent.maxDirectMemory());
    return builder -> {
      builder
          .withChildOption(ChannelOption.ALLOCATOR, OutgoingBuffers.allocator())
          .maxConcurrentCallsPerConnection(properties.maxConcurrentCalls())
          .maxRstFramesPerWindow(admissionProperties.resets(), RESETS_WITHIN_SECONDS)
          .addTransportFilter(admission.connections())
          .addStreamTracerFactory(InboundBytes.factory());
      if (grows) {
        // A window set this way still grows with the connection's bandwidth and delay.
        builder.initialFlowControlWindow(window);
      } else {
        builder.flowControlWindow(window);
      }
    };
  }
}
