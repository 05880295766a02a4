package dev.millrace.bench.client;

/** An endpoint that does not do what a load needs; the message is for whoever runs it. */
public final class EndpointException extends RuntimeException {

  public EndpointException(String message) {
    super(message);
  }

  public EndpointException(String message, Throwable cause) {
    super(message, cause);
  }
}
