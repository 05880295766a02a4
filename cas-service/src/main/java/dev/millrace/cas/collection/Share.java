package dev.millrace.cas.collection;

import dev.millrace.cas.index.Cut;
import dev.millrace.cas.index.Tally;
import java.time.Instant;
import java.util.Optional;
import java.util.stream.LongStream;

/** What one instance has, by age, and what of it is to go. Used by one thread. */
final class Share {

  private final int instance;
  private final AgeScale scale;
  private final long[] blobs;
  private final long[] bytes;
  private final long[] taken;

  Share(int instance, AgeScale scale) {
    this.instance = instance;
    this.scale = scale;
    this.blobs = new long[scale.ages()];
    this.bytes = new long[scale.ages()];
    this.taken = new long[scale.ages()];
  }

  void add(int age, Tally tally) {
    blobs[age] += tally.blobs();
    bytes[age] += tally.bytes();
  }

  /** All of it. */
  Tally sum() {
    return new Tally(LongStream.of(blobs).sum(), LongStream.of(bytes).sum());
  }

  /** Bytes that stay. */
  long left() {
    return LongStream.of(bytes).sum() - LongStream.of(taken).sum();
  }

  /** Takes what it has of an age, up to so many bytes; returns how many. */
  long take(int age, long most) {
    long part = Math.min(most, left(age));
    taken[age] += part;
    return part;
  }

  private long left(int age) {
    return bytes[age] - taken[age];
  }

  /** What is to go; the blobs of an age of which only a part goes are an estimate. */
  Tally sumTaken() {
    Tally sum = Tally.NONE;
    for (int age = 0; age < taken.length; age++) {
      if (taken[age] > 0) {
        double part = (double) taken[age] / bytes[age];
        sum = sum.plus(new Tally((long) Math.ceil(blobs[age] * part), taken[age]));
      }
    }
    return sum;
  }

  /** The same for the index to carry out. */
  Optional<Cut> cut() {
    int youngest = taken.length - 1;
    while (youngest >= 0 && taken[youngest] == 0) {
      youngest--;
    }
    if (youngest < 0) {
      return Optional.empty();
    }
    Instant until = scale.until(youngest);
    return Optional.of(
        left(youngest) == 0
            ? new Cut(instance, until, until, 0)
            : new Cut(instance, scale.from(youngest), until, taken[youngest]));
  }
}
