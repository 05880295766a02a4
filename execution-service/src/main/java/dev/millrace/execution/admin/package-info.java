/** What operators say and see of workers and actions: values without a database or a network. */
@NullMarked
package dev.millrace.execution.admin;

import org.jspecify.annotations.NullMarked;
