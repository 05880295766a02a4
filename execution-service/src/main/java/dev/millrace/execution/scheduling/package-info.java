/**
 * Which action goes to which bot, and when to give up: rules without a clock, network or database.
 */
@NullMarked
package dev.millrace.execution.scheduling;

import org.jspecify.annotations.NullMarked;
