package dev.millrace.architecture.broken.cas.index;

import dev.millrace.architecture.broken.cas.upload.Uploads;

/** A lower part of a service that knows its uploads. */
public final class Index {
  Uploads uploads;
}
