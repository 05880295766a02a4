/** The load generator: its command, and what it runs in which order. */
@NullMarked
package dev.millrace.bench;

import org.jspecify.annotations.NullMarked;
