/** Blobs that have arrived in part, kept so that their upload can go on. */
@NullMarked
package dev.millrace.staging;

import org.jspecify.annotations.NullMarked;
