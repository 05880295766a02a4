package dev.millrace.architecture.broken.execution.operation;

import org.springframework.stereotype.Component;

/** State that knows Spring. */
@Component
public final class OperationBean {}
