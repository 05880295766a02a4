package dev.millrace.architecture.broken.grpc.error;

import org.springframework.stereotype.Component;

/** A part of the edge that knows Spring, and is not where that is allowed. */
@Component
public final class ErrorBean {}
