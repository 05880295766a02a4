package dev.millrace.execution.operation;

import build.bazel.remote.execution.v2.ActionResult;
import build.bazel.remote.execution.v2.ExecuteResponse;
import com.google.rpc.Code;
import com.google.rpc.Status;

/** The last word on an action, for those endings that bring no result of their own. */
public final class Endings {

  private Endings() {}

  public static ExecuteResponse cancelled(String reason) {
    return failed(Code.CANCELLED, reason);
  }

  public static ExecuteResponse failed(Code code, String message) {
    return failed(Status.newBuilder().setCode(code.getNumber()).setMessage(message).build());
  }

  public static ExecuteResponse failed(Status status) {
    return ExecuteResponse.newBuilder().setStatus(status).setMessage(status.getMessage()).build();
  }

  /** A failure that left something to look at, such as the output until the time was up. */
  public static ExecuteResponse failed(Status status, ActionResult remains) {
    return failed(status).toBuilder().setResult(remains).build();
  }

  /** The command ran to its end, well or not. */
  public static ExecuteResponse ran(ActionResult result) {
    String message =
        result.getExitCode() == 0 ? "" : "the command exited with code " + result.getExitCode();
    return ExecuteResponse.newBuilder()
        .setResult(result)
        .setStatus(Status.getDefaultInstance())
        .setMessage(message)
        .build();
  }

  /** Whether the command ran to its end, and well. */
  public static boolean isSuccess(ExecuteResponse response) {
    return response.hasResult()
        && response.getStatus().getCode() == Code.OK.getNumber()
        && response.getResult().getExitCode() == 0;
  }

  /** Nothing was run, as the result is known. */
  public static ExecuteResponse known(ActionResult result) {
    return ran(result).toBuilder()
        .setCachedResult(true)
        .setMessage("the result is from the action cache")
        .build();
  }
}
