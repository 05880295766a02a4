/** The rules of who may know whom, and a small suite that breaks each of them. */
@NullMarked
package dev.millrace.architecture;

import org.jspecify.annotations.NullMarked;
