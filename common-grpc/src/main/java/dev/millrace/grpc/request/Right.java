package dev.millrace.grpc.request;

/** What a caller may be allowed or not, besides reading. */
public enum Right {
  /** To store blobs. */
  CAS_WRITE("cas.write"),
  /** To store results of actions. */
  AC_WRITE("ac.write"),
  /** To write logs. */
  LOG_WRITE("log.write");

  private final String scope;

  Right(String scope) {
    this.scope = scope;
  }

  /** Its name in tokens, and for people. */
  public String scope() {
    return scope;
  }
}
