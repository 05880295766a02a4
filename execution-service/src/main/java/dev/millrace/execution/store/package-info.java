/**
 * Operations, the queue, leases and bot sessions in PostgreSQL, shared by any number of replicas.
 *
 * <p>Rows are locked in one order, whoever locks them, so that no two transactions wait for each
 * other: what drains take first ({@link dev.millrace.execution.store.Drains#hold}), then sessions
 * by their names, byte by byte (collation "C"), then tasks by their ids, then operations by their
 * ids. New tasks are entered in the order of what they run, by transactions that lock none
 * afterwards. Leases are only waited for by those who have their tasks; all others pass over what
 * is locked. A round, which has actions before bots, passes over locked actions. A statement that
 * locks several rows of a kind does so in a subquery of its own with {@code order by}, for an
 * update takes them as they come.
 */
@NullMarked
package dev.millrace.execution.store;

import org.jspecify.annotations.NullMarked;
