/** The whole suite in one process: where each service's needs come from on a laptop. */
@NullMarked
package dev.millrace.standalone;

import org.jspecify.annotations.NullMarked;
