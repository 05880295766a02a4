package dev.millrace.bench.client;

/** A part of an array that is sent as it is. */
record Slice(byte[] array, int offset, int length) {

  static Slice of(byte[] whole) {
    return new Slice(whole, 0, whole.length);
  }
}
