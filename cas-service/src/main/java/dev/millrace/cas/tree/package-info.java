/** Walking directory trees, page by page. */
@NullMarked
package dev.millrace.cas.tree;

import org.jspecify.annotations.NullMarked;
