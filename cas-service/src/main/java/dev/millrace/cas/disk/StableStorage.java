package dev.millrace.cas.disk;

import java.io.IOException;
import java.nio.file.Path;

/**
 * What a loss of power does not take away. The system reports a failure to write once, and may have
 * dropped the bytes by then: who is told of one must not count on a second call that succeeds.
 */
interface StableStorage {

  /** Waits for the disk. */
  StableStorage DISK =
      new StableStorage() {
        @Override
        public void sync(BlockFile file) throws IOException {
          file.sync();
        }

        @Override
        public void syncNames(Path directory) throws IOException {
          Directories.sync(directory);
        }
      };

  /** Waits for nothing: only a kill of the process is survived. */
  StableStorage NONE =
      new StableStorage() {
        @Override
        public void sync(BlockFile file) {}

        @Override
        public void syncNames(Path directory) {}
      };

  /** Returns when all that was written to a file before is on stable storage. */
  void sync(BlockFile file) throws IOException;

  /** Returns when the names in a directory are. */
  void syncNames(Path directory) throws IOException;
}
