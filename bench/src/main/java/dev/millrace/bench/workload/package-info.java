/** What is asked of an endpoint, one kind of load a file. */
@NullMarked
package dev.millrace.bench.workload;

import org.jspecify.annotations.NullMarked;
