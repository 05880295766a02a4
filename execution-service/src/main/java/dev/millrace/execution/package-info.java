/** Execution: actions are queued, given to bots, and followed until they are over. */
@NullMarked
package dev.millrace.execution;

import org.jspecify.annotations.NullMarked;
