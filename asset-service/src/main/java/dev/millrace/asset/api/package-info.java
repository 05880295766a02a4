/** The Remote Asset API's gRPC services. */
@NullMarked
package dev.millrace.asset.api;

import org.jspecify.annotations.NullMarked;
