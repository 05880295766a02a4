/** How a service's gRPC server is set up: threads, limits, and the order of interceptors. */
@NullMarked
package dev.millrace.grpc.server;

import org.jspecify.annotations.NullMarked;
