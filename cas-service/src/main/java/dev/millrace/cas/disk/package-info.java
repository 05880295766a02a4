/** The local block store: blobs in a ring of large files on one disk, found by a mapped index. */
@NullMarked
package dev.millrace.cas.disk;

import org.jspecify.annotations.NullMarked;
