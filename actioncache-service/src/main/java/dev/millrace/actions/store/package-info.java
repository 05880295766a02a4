/** Action results in PostgreSQL. */
@NullMarked
package dev.millrace.actions.store;

import org.jspecify.annotations.NullMarked;
