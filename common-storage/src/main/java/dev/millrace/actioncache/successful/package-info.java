/** Results of actions that failed, which are kept out of the cache. */
@NullMarked
package dev.millrace.actioncache.successful;

import org.jspecify.annotations.NullMarked;
