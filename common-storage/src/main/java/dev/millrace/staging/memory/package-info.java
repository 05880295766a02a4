/** Uploads on the heap: the twin that tests and small set-ups use. */
@NullMarked
package dev.millrace.staging.memory;

import org.jspecify.annotations.NullMarked;
