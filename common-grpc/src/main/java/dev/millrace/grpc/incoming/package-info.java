/**
 * Content that storage takes out of the buffers in which the network brought it, without a copy.
 */
@NullMarked
package dev.millrace.grpc.incoming;

import org.jspecify.annotations.NullMarked;
