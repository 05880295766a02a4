package dev.millrace.worker.output;

import build.bazel.remote.execution.v2.NodeProperties;
import com.google.protobuf.Timestamp;
import com.google.protobuf.UInt32Value;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;

/** The attributes of outputs that a command asks to be told. */
record NodeAttributes(boolean mtime, boolean unixMode) {

  static NodeAttributes of(Collection<String> names) {
    return new NodeAttributes(names.contains("mtime"), names.contains("unix_mode"));
  }

  /** What is asked for of one file; nothing if nothing is. */
  Optional<NodeProperties> read(Path path) throws IOException {
    if (!mtime && !unixMode) {
      return Optional.empty();
    }
    Map<String, Object> attributes =
        Files.readAttributes(path, "unix:mode,lastModifiedTime", LinkOption.NOFOLLOW_LINKS);
    NodeProperties.Builder properties = NodeProperties.newBuilder();
    if (mtime && attributes.get("lastModifiedTime") instanceof FileTime lastModified) {
      Instant instant = lastModified.toInstant();
      properties.setMtime(
          Timestamp.newBuilder().setSeconds(instant.getEpochSecond()).setNanos(instant.getNano()));
    }
    if (unixMode && attributes.get("mode") instanceof Integer mode) {
      properties.setUnixMode(UInt32Value.of(mode & 07777));
    }
    return Optional.of(properties.build());
  }
}
