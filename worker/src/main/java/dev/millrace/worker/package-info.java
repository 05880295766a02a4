/** The worker put together: its settings, its wiring and its life from start to drain. */
@NullMarked
package dev.millrace.worker;

import org.jspecify.annotations.NullMarked;
