/**
 * A client that costs little: connections, messages made by hand, and content that is cheap to
 * hash.
 */
@NullMarked
package dev.millrace.bench.client;

import org.jspecify.annotations.NullMarked;
