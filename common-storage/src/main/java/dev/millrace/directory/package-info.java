/** Directories that one process at a time may work in. */
@NullMarked
package dev.millrace.directory;

import org.jspecify.annotations.NullMarked;
