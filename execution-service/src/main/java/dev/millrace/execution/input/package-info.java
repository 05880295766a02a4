/** What an action needs to run: read from the blobs, and checked to be there. */
@NullMarked
package dev.millrace.execution.input;

import org.jspecify.annotations.NullMarked;
