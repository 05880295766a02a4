package dev.millrace.actions;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Where blobs are.
 *
 * @param target the CAS service as a gRPC target, host and port in the plainest case
 */
@ConfigurationProperties(prefix = "millrace.cas")
record CasPeerProperties(@DefaultValue("127.0.0.1:8981") String target) {}
