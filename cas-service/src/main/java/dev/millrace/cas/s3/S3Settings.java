package dev.millrace.cas.s3;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;

/**
 * How to reach a bucket.
 *
 * @param bucket its name, and what the keys of all objects begin with
 * @param service where it is
 * @param credentials none to use the chain of the SDK: environment, profile, web identity, instance
 * @param encryption how the service encrypts what it stores
 * @param limits how long and how often to try
 */
public record S3Settings(
    Bucket bucket,
    Service service,
    Optional<Credentials> credentials,
    Encryption encryption,
    Limits limits) {

  /**
   * A bucket, or the part of it under a prefix.
   *
   * @param prefix empty, or ends with a slash
   */
  public record Bucket(String name, String prefix) {
    public Bucket {
      if (name.isBlank()) {
        throw new IllegalArgumentException("bucket: a name is required");
      }
      if (!prefix.isEmpty() && (!prefix.endsWith("/") || prefix.startsWith("/"))) {
        throw new IllegalArgumentException(
            "prefix: ends with a slash and does not begin with one, not " + prefix);
      }
    }
  }

  /**
   * A service that speaks S3.
   *
   * @param endpoint none for AWS itself
   * @param pathStyle the bucket is in the path rather than in the host name
   */
  public record Service(Optional<URI> endpoint, String region, boolean pathStyle) {}

  /** A key of one's own. */
  public record Credentials(String accessKey, String secretKey) {
    @Override
    public String toString() {
      return "Credentials[" + accessKey + "]";
    }
  }

  /** What is asked of the service for each object. */
  public sealed interface Encryption {

    /** Nothing, which leaves it to the bucket. */
    record Unspecified() implements Encryption {}

    /** Keys of the service (AES256). */
    record ServiceKeys() implements Encryption {}

    /** A key of its key management (aws:kms). */
    record ManagedKey(String id) implements Encryption {}
  }

  /**
   * How long and how often to try.
   *
   * @param connect until a connection stands
   * @param attempt until one attempt at a call is answered as a whole
   * @param call until a call is given up, all its attempts included
   * @param attempts of one call
   * @param connections at once
   */
  public record Limits(
      Duration connect, Duration attempt, Duration call, int attempts, int connections) {

    public static final Limits DEFAULT =
        new Limits(Duration.ofSeconds(5), Duration.ofSeconds(20), Duration.ofSeconds(60), 4, 64);

    public Limits {
      if (!connect.isPositive() || !attempt.isPositive() || !call.isPositive()) {
        throw new IllegalArgumentException("S3 time-outs: positive, all of them");
      }
      if (attempts < 1 || connections < 1) {
        throw new IllegalArgumentException("S3 attempts and connections: at least one");
      }
    }
  }
}
