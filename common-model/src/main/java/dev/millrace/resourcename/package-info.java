/** The resource names that ByteStream calls carry, parsed once and valid from then on. */
@NullMarked
package dev.millrace.resourcename;

import org.jspecify.annotations.NullMarked;
