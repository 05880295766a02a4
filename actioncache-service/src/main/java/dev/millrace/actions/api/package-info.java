/** ActionCache on the wire. */
@NullMarked
package dev.millrace.actions.api;

import org.jspecify.annotations.NullMarked;
