package dev.millrace.grpc.request;

import build.bazel.remote.execution.v2.RequestMetadata;
import io.grpc.Context;

/**
 * On whose behalf a call is made, as the caller says. It is never trusted: it goes into logs and
 * stored rows and changes nothing. What is not known is empty; texts are short and printable.
 *
 * @param toolName the build tool
 * @param toolVersion the build tool's version
 * @param invocation the run of the tool
 * @param correlatedInvocations what ties several runs together
 * @param actionId the action that the call is about
 * @param actionMnemonic the action's kind
 * @param target what is being built
 * @param configuration the configuration that it is built in
 */
public record RequestOrigin(
    String toolName,
    String toolVersion,
    String invocation,
    String correlatedInvocations,
    String actionId,
    String actionMnemonic,
    String target,
    String configuration) {

  public static final RequestOrigin UNKNOWN = new RequestOrigin("", "", "", "", "", "", "", "");

  static final Context.Key<RequestOrigin> KEY = Context.keyWithDefault("request-origin", UNKNOWN);

  private static final int MAX_LENGTH = 256;

  public RequestOrigin {
    toolName = tame(toolName);
    toolVersion = tame(toolVersion);
    invocation = tame(invocation);
    correlatedInvocations = tame(correlatedInvocations);
    actionId = tame(actionId);
    actionMnemonic = tame(actionMnemonic);
    target = tame(target);
    configuration = tame(configuration);
  }

  /** The origin of the call that is being handled. */
  public static RequestOrigin current() {
    return KEY.get();
  }

  static RequestOrigin of(RequestMetadata metadata) {
    return new RequestOrigin(
        metadata.getToolDetails().getToolName(),
        metadata.getToolDetails().getToolVersion(),
        metadata.getToolInvocationId(),
        metadata.getCorrelatedInvocationsId(),
        metadata.getActionId(),
        metadata.getActionMnemonic(),
        metadata.getTargetId(),
        metadata.getConfigurationId());
  }

  private static String tame(String text) {
    String cut = text.length() > MAX_LENGTH ? text.substring(0, MAX_LENGTH) : text;
    return cut.chars().anyMatch(Character::isISOControl) ? cut.replaceAll("\\p{Cntrl}", "?") : cut;
  }
}
