package dev.millrace.architecture.broken.instance;

import org.springframework.stereotype.Component;

/** A value that knows Spring. */
@Component
public final class InstanceBean {}
