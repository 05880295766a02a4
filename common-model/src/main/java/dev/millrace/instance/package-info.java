/** Instance names: the tree of namespaces that keeps teams and projects apart. */
@NullMarked
package dev.millrace.instance;

import org.jspecify.annotations.NullMarked;
