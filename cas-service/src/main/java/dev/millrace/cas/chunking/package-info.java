/** Blobs in chunks: where to cut them, what they were cut into, and how they are joined again. */
@NullMarked
package dev.millrace.cas.chunking;

import org.jspecify.annotations.NullMarked;
