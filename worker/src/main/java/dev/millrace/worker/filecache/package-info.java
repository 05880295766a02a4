/** Input files kept on local disk between actions, to be linked into input roots. */
@NullMarked
package dev.millrace.worker.filecache;

import org.jspecify.annotations.NullMarked;
