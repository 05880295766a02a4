/** The back ends that the blob service's tests run on. */
@NullMarked
package dev.millrace.cas.backend;

import org.jspecify.annotations.NullMarked;
