/** What an execution can be in, and what may follow on what; values without a database. */
@NullMarked
package dev.millrace.execution.operation;

import org.jspecify.annotations.NullMarked;
