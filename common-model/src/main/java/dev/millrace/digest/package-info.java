/** Digests: what names a blob, and the functions that compute them. */
@NullMarked
package dev.millrace.digest;

import org.jspecify.annotations.NullMarked;
