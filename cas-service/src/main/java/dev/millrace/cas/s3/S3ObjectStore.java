package dev.millrace.cas.s3;

import dev.millrace.cas.s3.S3Settings.Encryption;
import dev.millrace.failure.Failure;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.ResponseBytes;
import software.amazon.awssdk.core.async.AsyncRequestBody;
import software.amazon.awssdk.core.async.AsyncResponseTransformer;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.ServerSideEncryption;

/**
 * Objects in a bucket. An object is absent only if the service says that this key is: a bucket that
 * is gone, a refusal or a page of some proxy says nothing of it.
 */
public final class S3ObjectStore implements ObjectStore, AutoCloseable {

  /** Longer than a call or two take. */
  private static final Duration SETTLING = Duration.ofSeconds(2);

  private final S3Settings settings;
  private final S3Connection connection;
  private final S3AsyncClient client;

  public S3ObjectStore(S3Settings settings) {
    this.settings = settings;
    this.connection = S3Connection.open(settings);
    this.client = connection.client();
  }

  @Override
  public void put(UUID object, List<ByteBuffer> bytes) {
    ByteBuffer[] body = bytes.stream().map(ByteBuffer::duplicate).toArray(ByteBuffer[]::new);
    // Known before the first byte goes out, so that the service refuses what differs on arrival.
    PutObjectRequest request =
        encrypted(settings.encryption()).key(key(object)).checksumCRC32C(crc32c(bytes)).build();
    PutObjectResponse answer =
        await("written", client.putObject(request, AsyncRequestBody.fromByteBuffersUnsafe(body)));
    if (answer.eTag() == null) {
      throw new Failure.Unavailable("what was answered is not that an object is stored", null);
    }
  }

  private static String crc32c(List<ByteBuffer> bytes) {
    CRC32C crc = new CRC32C();
    bytes.forEach(part -> crc.update(part.duplicate()));
    byte[] sum = ByteBuffer.allocate(4).putInt((int) crc.getValue()).array();
    return Base64.getEncoder().encodeToString(sum);
  }

  private PutObjectRequest.Builder encrypted(Encryption encryption) {
    PutObjectRequest.Builder request = PutObjectRequest.builder().bucket(settings.bucket().name());
    return switch (encryption) {
      case Encryption.Unspecified() -> request;
      case Encryption.ServiceKeys() -> request.serverSideEncryption(ServerSideEncryption.AES256);
      case Encryption.ManagedKey(String id) ->
          request.serverSideEncryption(ServerSideEncryption.AWS_KMS).ssekmsKeyId(id);
    };
  }

  @Override
  public Outcome read(UUID object, long position, ByteBuffer target) {
    String range = "bytes=" + position + "-" + (position + target.remaining() - 1);
    ResponseBytes<GetObjectResponse> answer;
    try {
      answer =
          await(
              "read",
              client.getObject(
                  request -> request.bucket(settings.bucket().name()).key(key(object)).range(range),
                  AsyncResponseTransformer.toBytes()));
    } catch (Failure.Unavailable e) {
      return switch (errorCode(e.getCause())) {
        case "NoSuchKey" -> Outcome.ABSENT;
        case "InvalidRange" -> Outcome.TOO_SHORT;
        default -> throw e;
      };
    }
    String answered = answer.response().contentRange();
    if (answered == null || !answered.startsWith("bytes " + position + "-")) {
      throw new Failure.Unavailable("what was answered is not the part of an object", null);
    }
    byte[] bytes = answer.asByteArrayUnsafe();
    if (bytes.length < target.remaining()) {
      return Outcome.TOO_SHORT;
    }
    target.put(bytes, 0, target.remaining());
    return Outcome.READ;
  }

  @Override
  public void delete(UUID object) {
    var unused =
        await(
            "deleted",
            client.deleteObject(
                request -> request.bucket(settings.bucket().name()).key(key(object))));
  }

  /**
   * Makes the bucket, or the part of it under the prefix, that of one index, if it is nobody's.
   *
   * @param first whether the index has had no bucket so far; if it had, it must be this one
   * @throws IllegalStateException if it is another's
   */
  public void claimFor(UUID owner, boolean first) {
    new BucketMark(client, settings.bucket(), SETTLING).claimFor(owner, first);
  }

  /** All objects, to tidy up. */
  public ObjectBucket bucket() {
    return new S3ObjectBucket(client, settings.bucket().name(), prefix());
  }

  private String key(UUID object) {
    return prefix() + object;
  }

  private String prefix() {
    return settings.bucket().prefix() + "blobs/";
  }

  private static String errorCode(@Nullable Throwable cause) {
    if (cause instanceof S3Exception e && e.awsErrorDetails() != null) {
      String code = e.awsErrorDetails().errorCode();
      return code == null ? "" : code;
    }
    return "";
  }

  static <T> T await(String what, CompletableFuture<T> answer) {
    try {
      return answer.get();
    } catch (ExecutionException e) {
      throw new Failure.Unavailable(
          "an object cannot be " + what + " just now", e.getCause() == null ? e : e.getCause());
    } catch (InterruptedException e) {
      answer.cancel(true);
      Thread.currentThread().interrupt();
      throw new Failure.Unavailable("interrupted while an object was being " + what, e);
    }
  }

  /** Ends all calls that are under way. */
  @Override
  public void close() {
    connection.close();
  }
}
