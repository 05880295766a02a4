package dev.millrace.architecture.broken.grpc.stream;

import dev.millrace.architecture.broken.blobstore.second.SecondBlobStore;

/** A part of the edge that knows a back end. */
public final class StreamOfOneStore {
  SecondBlobStore store;
}
