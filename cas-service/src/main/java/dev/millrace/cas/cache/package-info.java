/** Copies on this machine's disk of blobs that are kept elsewhere. */
@NullMarked
package dev.millrace.cas.cache;

import org.jspecify.annotations.NullMarked;
