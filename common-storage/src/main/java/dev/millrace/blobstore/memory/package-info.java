/** Blobs on the heap: the twin that tests and small set-ups use. */
@NullMarked
package dev.millrace.blobstore.memory;

import org.jspecify.annotations.NullMarked;
