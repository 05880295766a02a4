package dev.millrace.execution.store;

import java.util.Collection;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** Rows on their way into a statement that takes a list for each of its columns. */
record Columns<T>(Collection<T> rows) {

  @Nullable String[] texts(Function<T, ? extends @Nullable String> column) {
    return rows.stream().map(column).toArray(String[]::new);
  }

  int[] ints(ToIntFunction<T> column) {
    return rows.stream().mapToInt(column).toArray();
  }

  long[] longs(ToLongFunction<T> column) {
    return rows.stream().mapToLong(column).toArray();
  }

  byte @Nullable [][] bytes(Function<T, byte @Nullable []> column) {
    return rows.stream().map(column).toArray(byte[][]::new);
  }

  boolean[] booleans(Predicate<T> column) {
    boolean[] values = new boolean[rows.size()];
    int i = 0;
    for (T row : rows) {
      values[i++] = column.test(row);
    }
    return values;
  }
}
