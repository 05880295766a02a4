/** Who gets in: bounds on calls and on bytes, so that memory lasts whatever clients send. */
@NullMarked
package dev.millrace.grpc.admission;

import org.jspecify.annotations.NullMarked;
