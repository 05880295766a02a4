/** The service that stores blobs: its settings, its wiring and its process. */
@NullMarked
package dev.millrace.cas;

import org.jspecify.annotations.NullMarked;
