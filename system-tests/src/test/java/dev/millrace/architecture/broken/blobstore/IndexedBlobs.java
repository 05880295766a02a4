package dev.millrace.architecture.broken.blobstore;

import dev.millrace.architecture.broken.cas.index.Index;

/** An interface of storage that knows a service. */
public final class IndexedBlobs {
  Index index;
}
