/** What can go wrong, as data: the edge alone knows which gRPC status each of these becomes. */
@NullMarked
package dev.millrace.failure;

import org.jspecify.annotations.NullMarked;
