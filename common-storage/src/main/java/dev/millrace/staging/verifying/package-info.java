/** The check that an upload is what its digest says, whoever sent its parts and when. */
@NullMarked
package dev.millrace.staging.verifying;

import org.jspecify.annotations.NullMarked;
