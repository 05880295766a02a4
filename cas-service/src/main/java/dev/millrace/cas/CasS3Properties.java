package dev.millrace.cas;

import dev.millrace.cas.s3.S3Settings;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * Where blobs are kept in S3.
 *
 * @param endpoint none for AWS itself
 * @param prefix what all keys begin with; empty, or ends with a slash
 * @param pathStyle the bucket is in the path rather than in the host name
 * @param accessKey none to find credentials where the SDK looks for them: environment, profile, web
 *     identity, instance
 * @param encryption what is asked of the service for each object
 * @param kmsKeyId the key, with {@code encryption=kms}
 * @param limits how long and how often to try
 * @param pieceSize blobs of more are several objects
 * @param transferMemory what all transfers may use at once
 * @param patience how long a transfer waits for memory
 */
@ConfigurationProperties(prefix = "millrace.cas.s3")
record CasS3Properties(
    @Nullable URI endpoint,
    @DefaultValue("us-east-1") String region,
    String bucket,
    @DefaultValue("") String prefix,
    @DefaultValue("false") boolean pathStyle,
    @Nullable String accessKey,
    @Nullable String secretKey,
    @DefaultValue("none") Encryption encryption,
    @Nullable String kmsKeyId,
    @DefaultValue Limits limits,
    @DefaultValue("8MB") DataSize pieceSize,
    @DefaultValue("128MB") DataSize transferMemory,
    @DefaultValue("20s") Duration patience) {

  enum Encryption {
    NONE,
    AES256,
    KMS
  }

  record Limits(
      @DefaultValue("5s") Duration connectTimeout,
      @DefaultValue("20s") Duration attemptTimeout,
      @DefaultValue("60s") Duration callTimeout,
      @DefaultValue("4") int attempts,
      @DefaultValue("64") int connections) {}

  CasS3Properties {
    if (bucket == null || bucket.isBlank()) {
      throw new IllegalArgumentException("bucket: is required to keep blobs in S3");
    }
    if ((accessKey == null) != (secretKey == null)) {
      throw new IllegalArgumentException("access-key, secret-key: both or neither");
    }
    if ((encryption == Encryption.KMS) != (kmsKeyId != null)) {
      throw new IllegalArgumentException("kms-key-id: with encryption=kms, and only with it");
    }
  }

  S3Settings toSettings() {
    return new S3Settings(
        new S3Settings.Bucket(bucket, prefix),
        new S3Settings.Service(Optional.ofNullable(endpoint), region, pathStyle),
        accessKey == null || secretKey == null
            ? Optional.empty()
            : Optional.of(new S3Settings.Credentials(accessKey, secretKey)),
        toEncryption(),
        new S3Settings.Limits(
            limits.connectTimeout(),
            limits.attemptTimeout(),
            limits.callTimeout(),
            limits.attempts(),
            limits.connections()));
  }

  private S3Settings.Encryption toEncryption() {
    return switch (encryption) {
      case NONE -> new S3Settings.Encryption.Unspecified();
      case AES256 -> new S3Settings.Encryption.ServiceKeys();
      case KMS -> new S3Settings.Encryption.ManagedKey(kmsKeyId == null ? "" : kmsKeyId);
    };
  }

  @Override
  public String toString() {
    // Without the keys.
    return "CasS3Properties[" + endpoint + ", " + bucket + ", " + prefix + "]";
  }
}
