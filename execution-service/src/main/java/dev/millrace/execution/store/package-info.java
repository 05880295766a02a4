/**
 * Operations, the queue, leases and bot sessions in PostgreSQL, shared by any number of replicas.
 */
@NullMarked
package dev.millrace.execution.store;

import org.jspecify.annotations.NullMarked;
