/** Results of actions: the one interface that every back end and decorator has. */
@NullMarked
package dev.millrace.actioncache;

import org.jspecify.annotations.NullMarked;
