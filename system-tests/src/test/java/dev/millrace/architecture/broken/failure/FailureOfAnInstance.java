package dev.millrace.architecture.broken.failure;

import dev.millrace.architecture.broken.instance.InstanceBean;

/** A failure that knows more than digests. */
public final class FailureOfAnInstance {
  InstanceBean instance;
}
