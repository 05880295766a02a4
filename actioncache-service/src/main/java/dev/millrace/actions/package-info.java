/** The ActionCache service: what it is made of, and what it takes to run it by itself. */
@NullMarked
package dev.millrace.actions;

import org.jspecify.annotations.NullMarked;
