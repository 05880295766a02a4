package dev.millrace.cas.s3;

import dev.millrace.failure.Failure;
import java.util.Optional;
import java.util.UUID;
import software.amazon.awssdk.core.async.AsyncRequestBody;
import software.amazon.awssdk.core.async.AsyncResponseTransformer;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.S3Exception;

/**
 * An object that says whose bucket this is. Two indexes on one bucket know nothing of each other's
 * blobs, and either would be lost without anyone being told.
 */
record BucketMark(S3AsyncClient client, S3Settings.Bucket bucket) {

  void claimFor(UUID owner, boolean first) {
    Optional<String> found = read();
    if (found.isEmpty() && first) {
      write(owner);
      found = read();
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

  /** Where the service knows conditions, one of many that try at once succeeds. */
  private void write(UUID owner) {
    try {
      var unused =
          S3ObjectStore.await(
              "written",
              client.putObject(
                  request -> request.bucket(bucket.name()).key(key()).ifNoneMatch("*"),
                  AsyncRequestBody.fromString(owner.toString())));
    } catch (Failure.Unavailable e) {
      if (!(e.getCause() instanceof S3Exception refused && refused.statusCode() == 412)) {
        throw e;
      }
    }
  }
}
