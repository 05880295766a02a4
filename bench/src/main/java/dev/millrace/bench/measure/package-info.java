/** Runs loads and turns what was seen into figures. */
@NullMarked
package dev.millrace.bench.measure;

import org.jspecify.annotations.NullMarked;
