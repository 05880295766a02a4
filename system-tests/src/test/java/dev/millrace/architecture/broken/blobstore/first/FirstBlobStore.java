package dev.millrace.architecture.broken.blobstore.first;

import dev.millrace.architecture.broken.blobstore.second.SecondBlobStore;

/** A back end that knows its sibling. */
public final class FirstBlobStore {
  SecondBlobStore sibling;
}
