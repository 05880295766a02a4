/** The one Capabilities service, and what contributes to its answer. */
@NullMarked
package dev.millrace.grpc.capabilities;

import org.jspecify.annotations.NullMarked;
