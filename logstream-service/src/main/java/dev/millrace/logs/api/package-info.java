/** The Remote LogStream API's gRPC service. */
@NullMarked
package dev.millrace.logs.api;

import org.jspecify.annotations.NullMarked;
