/** What went wrong, as callers see it: the one place where failures become statuses. */
@NullMarked
package dev.millrace.grpc.error;

import org.jspecify.annotations.NullMarked;
