/** The blob of no bytes, which exists without anyone having stored it. */
@NullMarked
package dev.millrace.blobstore.empty;

import org.jspecify.annotations.NullMarked;
