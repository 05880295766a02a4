package dev.millrace.grpc.stream;

/** Unwinds a {@link ServerStream.Source} whose client has gone; not an error. */
public final class CallCancelled extends RuntimeException {
  CallCancelled() {
    super("the client has gone", null, false, false);
  }
}
