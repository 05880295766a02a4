/** Builds an action's input root on disk from the tree that its digest names. */
@NullMarked
package dev.millrace.worker.input;

import org.jspecify.annotations.NullMarked;
