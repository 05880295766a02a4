package dev.millrace.architecture.broken.compression;

import dev.millrace.architecture.broken.digest.DigestWithStatus;

/** A stream that knows digests. */
public final class DigestingStream {
  DigestWithStatus digest;
}
