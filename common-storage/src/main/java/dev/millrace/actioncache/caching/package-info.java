/** Results kept in memory for a moment. */
@NullMarked
package dev.millrace.actioncache.caching;

import org.jspecify.annotations.NullMarked;
