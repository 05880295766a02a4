/** Digests to and from the messages that carry them. */
@NullMarked
package dev.millrace.digest.wire;

import org.jspecify.annotations.NullMarked;
