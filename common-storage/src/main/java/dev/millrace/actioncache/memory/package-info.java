/** Action results on the heap: the twin that tests use. */
@NullMarked
package dev.millrace.actioncache.memory;

import org.jspecify.annotations.NullMarked;
