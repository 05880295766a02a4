/** Execution, Operations and Capabilities on the wire: requests checked, operations followed. */
@NullMarked
package dev.millrace.execution.api;

import org.jspecify.annotations.NullMarked;
