package dev.millrace.cas.index;

import java.util.Collection;

/** A number of blobs, and of the bytes in them. */
public record Tally(long blobs, long bytes) {

  public static final Tally NONE = new Tally(0, 0);

  public Tally plus(Tally other) {
    return new Tally(blobs + other.blobs, bytes + other.bytes);
  }

  public static Tally sum(Collection<Tally> tallies) {
    return tallies.stream().reduce(NONE, Tally::plus);
  }

  @Override
  public String toString() {
    return blobs + " blobs of " + bytes + " bytes";
  }
}
