/** The one ByteStream service, and what a kind of resource has to offer to be served by it. */
@NullMarked
package dev.millrace.grpc.bytestream;

import org.jspecify.annotations.NullMarked;
