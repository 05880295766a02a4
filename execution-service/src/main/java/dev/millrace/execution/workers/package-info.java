/** The Remote Workers API: bots come for actions and bring results. */
@NullMarked
package dev.millrace.execution.workers;

import org.jspecify.annotations.NullMarked;
