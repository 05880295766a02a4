package dev.millrace.grpc.admission;

import io.grpc.MethodDescriptor;
import java.util.Map;

/** What calls have in common that hold the same kind of thing. Each kind has a gate of its own. */
public enum CallKind {
  /** Sends content in many messages. A message is parsed from a copy of its own. */
  UPLOAD("uploads", 2),

  /** Is sent content in many messages. */
  DOWNLOAD("downloads", 2),

  /** Content in one message, either way. Parsed in a copy, and stored from another one. */
  BATCH("batches", 3),

  /** Answered at once. Digests become several objects each, which weigh more than on the wire. */
  QUICK("quick-calls", 6),

  /** Waits for something to happen, for minutes or hours, and holds nothing meanwhile. */
  WAITING("waiting-calls", 6),

  /** Asks whether the process is alive, which it is even when it has no room. */
  HEALTH("health-checks", 6);

  private static final Map<String, CallKind> METHODS =
      Map.ofEntries(
          Map.entry("google.bytestream.ByteStream/Write", UPLOAD),
          Map.entry("google.bytestream.ByteStream/Read", DOWNLOAD),
          Map.entry("build.bazel.remote.execution.v2.ContentAddressableStorage/GetTree", DOWNLOAD),
          Map.entry(
              "build.bazel.remote.execution.v2.ContentAddressableStorage/BatchUpdateBlobs", BATCH),
          Map.entry(
              "build.bazel.remote.execution.v2.ContentAddressableStorage/BatchReadBlobs", BATCH),
          Map.entry("google.longrunning.Operations/WaitOperation", WAITING),
          Map.entry("google.devtools.remoteworkers.v1test2.Bots/UpdateBotSession", WAITING),
          Map.entry("build.bazel.remote.asset.v1.Fetch/FetchBlob", WAITING),
          Map.entry("build.bazel.remote.asset.v1.Fetch/FetchDirectory", WAITING),
          Map.entry("build.bazel.remote.execution.v2.ContentAddressableStorage/SplitBlob", BATCH),
          Map.entry("build.bazel.remote.execution.v2.ContentAddressableStorage/SpliceBlob", BATCH),
          Map.entry("grpc.health.v1.Health/Check", HEALTH));

  private final String property;
  private final int weight;

  CallKind(String property, int weight) {
    this.property = property;
    this.weight = weight;
  }

  /** The last part of the setting that bounds such calls, and their name in metrics. */
  public String property() {
    return property;
  }

  /** Bytes of memory that a byte of a request may take. */
  int weight() {
    return weight;
  }

  static CallKind of(MethodDescriptor<?, ?> method) {
    CallKind known = METHODS.get(method.getFullMethodName());
    if (known != null) {
      return known;
    }
    return switch (method.getType()) {
      case UNARY, UNKNOWN -> QUICK;
      case CLIENT_STREAMING -> UPLOAD;
      case SERVER_STREAMING, BIDI_STREAMING -> WAITING;
    };
  }
}
