/** Collects what a command left behind, and stores it. */
@NullMarked
package dev.millrace.worker.output;

import org.jspecify.annotations.NullMarked;
