package dev.millrace.grpc.request;

import io.grpc.Context;

/**
 * Who makes a call, as far as that has been proved. Whoever authenticates calls puts it into their
 * context; without that nobody is known.
 *
 * @param team the team that the caller belongs to, empty if unknown
 * @param token the public id of the token that the call came with, never the token
 */
public record Caller(String team, String token) {

  public static final Caller UNKNOWN = new Caller("", "");

  private static final Context.Key<Caller> KEY = Context.keyWithDefault("caller", UNKNOWN);

  /** The caller of the call that is being handled. */
  public static Caller current() {
    return KEY.get();
  }

  /** A context in which this is the caller. */
  public Context in(Context context) {
    return context.withValue(KEY, this);
  }
}
