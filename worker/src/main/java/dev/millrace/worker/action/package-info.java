/** Runs one action from its digest to its result. */
@NullMarked
package dev.millrace.worker.action;

import org.jspecify.annotations.NullMarked;
