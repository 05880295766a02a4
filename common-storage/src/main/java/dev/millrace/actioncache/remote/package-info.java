/** Action results in another service's ActionCache, over gRPC. */
@NullMarked
package dev.millrace.actioncache.remote;

import org.jspecify.annotations.NullMarked;
