/** Runs a command in a sandbox, within limits, and leaves nothing of it behind. */
@NullMarked
package dev.millrace.worker.process;

import org.jspecify.annotations.NullMarked;
