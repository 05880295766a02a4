/** What tests of every module share: a clock that stands still, contracts, a database. */
@NullMarked
package dev.millrace.testing;

import org.jspecify.annotations.NullMarked;
