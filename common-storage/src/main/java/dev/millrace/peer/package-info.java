/** Calls to another service: its statuses turned back into failures, and a second try in time. */
@NullMarked
package dev.millrace.peer;

import org.jspecify.annotations.NullMarked;
