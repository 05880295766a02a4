package dev.millrace.execution.store;

import dev.millrace.execution.operation.OperationName;
import java.util.UUID;

/**
 * An operation that was made for a caller.
 *
 * @param run what it stands for, perhaps with others
 */
public record Entered(OperationName name, UUID run) {}
