package dev.millrace.cas.s3;

import dev.millrace.failure.Failure;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.async.AsyncRequestBody;
import software.amazon.awssdk.core.async.AsyncResponseTransformer;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.S3Exception;

/**
 * An object that says whose bucket this is. Two indexes on one bucket know nothing of each other's
 * blobs, and either would be lost without anyone being told.
 *
 * @param settling how long to wait for who writes a mark at the same time, where the service does
 *     not see to it that one of them fails
 */
record BucketMark(S3AsyncClient client, S3Settings.Bucket bucket, Duration settling) {

  private static final Logger LOG = LoggerFactory.getLogger(BucketMark.class);

  private static final int TRIES = 5;
  private static final Duration PAUSE = Duration.ofMillis(50);

  private static final int CONFLICT = 409;
  private static final int TAKEN = 412;
  private static final int NOT_IMPLEMENTED = 501;

  void claimFor(UUID owner, boolean first) {
    Optional<String> found = read();
    if (found.isEmpty() && first) {
      found = write(owner);
    }
    if (!found.equals(Optional.of(owner.toString()))) {
      throw new IllegalStateException(
          "bucket %s belongs to the index %s, this one is %s: use another bucket or prefix"
              .formatted(bucket, found.orElse("of nobody"), owner));
    }
  }

  private String key() {
    return bucket.prefix() + "millrace-owner";
  }

  private Optional<String> read() {
    try {
      return Optional.of(
          S3ObjectStore.await(
                  "read",
                  client.getObject(
                      request -> request.bucket(bucket.name()).key(key()),
                      AsyncResponseTransformer.toBytes()))
              .asUtf8String());
    } catch (Failure.Unavailable e) {
      if (e.getCause() instanceof NoSuchKeyException) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /**
   * Writes the mark unless there is one; returns what it says then. Where the service knows
   * conditions, one of many that try at once succeeds.
   */
  private Optional<String> write(UUID owner) {
    for (int i = 1; ; i++) {
      try {
        put(owner, PutObjectRequest.builder().ifNoneMatch("*"));
        return read();
      } catch (Failure.Unavailable e) {
        switch (e.getCause() instanceof S3Exception refused ? refused.statusCode() : 0) {
          case TAKEN -> {
            return read();
          }
          case NOT_IMPLEMENTED -> {
            return writeWithoutCondition(owner);
          }
          case CONFLICT -> {
            // Another one is writing at this moment: only later does one of us win.
            if (i == TRIES) {
              throw e;
            }
            pause(PAUSE.multipliedBy(i));
          }
          default -> throw e;
        }
      }
    }
  }

  private Optional<String> writeWithoutCondition(UUID owner) {
    LOG.warn(
        "The service of {} knows no conditional writes: make sure that no other service begins to use"
            + " it at this moment",
        bucket);
    Optional<String> found = read();
    if (found.isPresent()) {
      return found;
    }
    put(owner, PutObjectRequest.builder());
    // Whoever saw no mark either has written by then, and the last mark is what all of us read.
    pause(settling);
    return read();
  }

  private void put(UUID owner, PutObjectRequest.Builder request) {
    var unused =
        S3ObjectStore.await(
            "written",
            client.putObject(
                request.bucket(bucket.name()).key(key()).build(),
                AsyncRequestBody.fromString(owner.toString())));
  }

  private static void pause(Duration time) {
    try {
      Thread.sleep(time);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Failure.Unavailable("interrupted while a bucket was being claimed", e);
    }
  }
}
