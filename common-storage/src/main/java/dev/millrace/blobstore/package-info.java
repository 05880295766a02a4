/** Blobs: the one interface that every back end and decorator has. */
@NullMarked
package dev.millrace.blobstore;

import org.jspecify.annotations.NullMarked;
