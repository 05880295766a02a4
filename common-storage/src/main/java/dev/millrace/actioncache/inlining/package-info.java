/** Contents of outputs inside of the result, for clients that want to save a call. */
@NullMarked
package dev.millrace.actioncache.inlining;

import org.jspecify.annotations.NullMarked;
