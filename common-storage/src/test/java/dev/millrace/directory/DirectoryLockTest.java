package dev.millrace.directory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DirectoryLockTest {

  @TempDir Path directory;

  @Test
  void aDirectoryInUseIsRefused() {
    try (DirectoryLock held = DirectoryLock.take(directory)) {
      assertThat(held).isNotNull();
      assertThatThrownBy(() -> DirectoryLock.take(directory))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining(directory + " is in use by another process");
    }
    DirectoryLock.take(directory).close();
  }
}
