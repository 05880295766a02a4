/**
 * What goes, when room is needed, and what must not: collection, objects to be deleted, scrubbing.
 */
@NullMarked
package dev.millrace.cas.collection;

import org.jspecify.annotations.NullMarked;
