/** Content that goes to the network in the buffer that storage read it into, without a copy. */
@NullMarked
package dev.millrace.grpc.outgoing;

import org.jspecify.annotations.NullMarked;
