/** The check that content is what its digest says, before it becomes visible. */
@NullMarked
package dev.millrace.blobstore.verifying;

import org.jspecify.annotations.NullMarked;
