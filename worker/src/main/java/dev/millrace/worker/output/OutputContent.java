package dev.millrace.worker.output;

import com.google.protobuf.ByteString;
import java.nio.file.Path;

/** Where the bytes of an output are. */
sealed interface OutputContent {

  /** In a file that the command left behind. */
  record InFile(Path file) implements OutputContent {}

  /** In memory: a message about outputs. */
  record InMemory(ByteString bytes) implements OutputContent {}
}
