package dev.millrace.action;

/**
 * Who wrote an action result, so that it can be revoked by any of these later. What is not known is
 * empty.
 *
 * @param team the team that the writer's token belongs to
 * @param token the token's public id, never the token
 * @param worker the worker that ran the action
 * @param invocation the build tool's invocation id
 */
public record Provenance(String team, String token, String worker, String invocation) {

  public static final Provenance UNKNOWN = new Provenance("", "", "", "");
}
