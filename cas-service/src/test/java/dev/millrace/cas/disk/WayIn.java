package dev.millrace.cas.disk;

import dev.millrace.staging.verifying.VerifyingStagingArea;
import java.nio.file.Path;
import java.time.Clock;
import java.util.function.LongConsumer;

/** How a blob comes into the store. */
enum WayIn {

  /** Written to a block. */
  WRITTEN {
    @Override
    DiskProperties properties(Path directory) {
      return DiskProperties.of(directory, 512 << 20)
          .withBlockBytes(16 << 20)
          .withIndexEntries(1 << 16)
          .withCheckpointBytes(3 << 20);
    }

    @Override
    LongConsumer into(DiskBlobStore store, NumberedBlobs blobs) {
      return number -> blobs.write(store, number);
    }
  },

  /** Uploaded; half of the files are large enough to become blocks. */
  UPLOADED {
    @Override
    DiskProperties properties(Path directory) {
      return WRITTEN.properties(directory).withBlockBytes(50_000);
    }

    @Override
    LongConsumer into(DiskBlobStore store, NumberedBlobs blobs) {
      VerifyingStagingArea area =
          new VerifyingStagingArea(DiskStagingArea.open(store, Clock.systemUTC()));
      return number -> blobs.upload(area, number);
    }
  };

  abstract DiskProperties properties(Path directory);

  /** Makes blobs visible by their number; returns once they are acknowledged. */
  abstract LongConsumer into(DiskBlobStore store, NumberedBlobs blobs);
}
