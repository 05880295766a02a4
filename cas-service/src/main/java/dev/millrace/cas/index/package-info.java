/** Which blobs exist and where their bytes are, in PostgreSQL. */
@NullMarked
package dev.millrace.cas.index;

import org.jspecify.annotations.NullMarked;
