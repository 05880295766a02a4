/** Content-addressable storage on the wire: batches, streams and what clients may count on. */
@NullMarked
package dev.millrace.cas.api;

import org.jspecify.annotations.NullMarked;
