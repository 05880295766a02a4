/** Sending many messages at the pace of the one who reads them. */
@NullMarked
package dev.millrace.grpc.stream;

import org.jspecify.annotations.NullMarked;
