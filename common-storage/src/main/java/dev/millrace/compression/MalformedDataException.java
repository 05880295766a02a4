package dev.millrace.compression;

/** What was sent as compressed data is not. */
public final class MalformedDataException extends RuntimeException {
  MalformedDataException(String message) {
    super(message);
  }
}
