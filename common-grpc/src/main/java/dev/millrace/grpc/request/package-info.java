/** What a call says about itself besides its message: on whose behalf, for which instance. */
@NullMarked
package dev.millrace.grpc.request;

import org.jspecify.annotations.NullMarked;
