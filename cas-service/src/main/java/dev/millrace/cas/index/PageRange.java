package dev.millrace.cas.index;

import java.util.ArrayList;
import java.util.List;

/**
 * A stretch of the table of blobs, in pages of the file that it is in: to read all of it stretch by
 * stretch is to read the file once, in order.
 *
 * @param first the first page
 * @param end the first one behind it
 */
public record PageRange(long first, long end) {

  static List<PageRange> of(long pages, int length) {
    List<PageRange> ranges = new ArrayList<>();
    for (long first = 0; first < pages; first += length) {
      ranges.add(new PageRange(first, Math.min(pages, first + length)));
    }
    return ranges;
  }

  String from() {
    return "(" + first + ",0)";
  }

  String to() {
    return "(" + end + ",0)";
  }
}
