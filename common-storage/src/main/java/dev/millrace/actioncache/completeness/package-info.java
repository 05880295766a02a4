/** The check that everything a result refers to can be read. */
@NullMarked
package dev.millrace.actioncache.completeness;

import org.jspecify.annotations.NullMarked;
