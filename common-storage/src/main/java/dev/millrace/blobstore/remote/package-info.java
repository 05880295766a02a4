/** Blobs in another service's CAS, over gRPC. */
@NullMarked
package dev.millrace.blobstore.remote;

import org.jspecify.annotations.NullMarked;
