/** Figures as text, JSON and a chart. */
@NullMarked
package dev.millrace.bench.report;

import org.jspecify.annotations.NullMarked;
