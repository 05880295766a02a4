/** The Remote LogStream service: what it is made of, and how it runs as a process of its own. */
@NullMarked
package dev.millrace.logs;

import org.jspecify.annotations.NullMarked;
