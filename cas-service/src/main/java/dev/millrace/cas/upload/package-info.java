/** Uploads that survive the connection they came over. */
@NullMarked
package dev.millrace.cas.upload;

import org.jspecify.annotations.NullMarked;
