/** The way to a database that many threads share a few connections to. */
@NullMarked
package dev.millrace.database;

import org.jspecify.annotations.NullMarked;
