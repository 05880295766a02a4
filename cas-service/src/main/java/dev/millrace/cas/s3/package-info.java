/** Blobs whose bytes are in an S3 bucket, or in the index if they are small. */
@NullMarked
package dev.millrace.cas.s3;

import org.jspecify.annotations.NullMarked;
