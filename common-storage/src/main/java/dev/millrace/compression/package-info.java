/** Compressed streams that are bounded in what they may cost, whoever sends them. */
@NullMarked
package dev.millrace.compression;

import org.jspecify.annotations.NullMarked;
