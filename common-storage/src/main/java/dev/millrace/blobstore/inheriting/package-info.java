/** Instances that read what the instances above them have. */
@NullMarked
package dev.millrace.blobstore.inheriting;

import org.jspecify.annotations.NullMarked;
