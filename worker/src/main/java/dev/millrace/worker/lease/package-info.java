/**
 * Pulls leases over the Remote Workers API, keeps the session alive and reports what became of
 * each.
 */
@NullMarked
package dev.millrace.worker.lease;

import org.jspecify.annotations.NullMarked;
