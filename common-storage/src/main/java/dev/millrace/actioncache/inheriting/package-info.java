/** Instances that are served the results of the instances above them. */
@NullMarked
package dev.millrace.actioncache.inheriting;

import org.jspecify.annotations.NullMarked;
