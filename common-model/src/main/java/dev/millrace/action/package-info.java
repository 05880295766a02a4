/** Values around actions and their results that more than one service speaks of. */
@NullMarked
package dev.millrace.action;

import org.jspecify.annotations.NullMarked;
