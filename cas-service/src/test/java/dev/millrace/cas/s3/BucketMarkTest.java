package dev.millrace.cas.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.failure.Failure;
import dev.millrace.testing.TestS3Server;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Marks on a real service, whose answers to writes are changed to those of others. */
final class BucketMarkTest {

  private static final UUID OWNER = UUID.randomUUID();
  private static final UUID OTHER = UUID.randomUUID();

  private final TestS3Server.Bucket bucket = TestS3Server.create();
  private final FaultyNetwork network;
  private final S3Settings settings;
  private final S3Connection connection;
  private final AtomicInteger writes = new AtomicInteger();

  BucketMarkTest() throws IOException {
    network = new FaultyNetwork(bucket.endpoint());
    settings = ObjectStorage.settings(bucket, network.endpoint(), S3Settings.Limits.DEFAULT);
    connection = S3Connection.open(settings);
  }

  @AfterEach
  void close() throws IOException {
    connection.close();
    network.close();
  }

  private BucketMark mark() {
    return new BucketMark(connection.client(), settings.bucket(), Duration.ZERO);
  }

  private Path file() {
    return bucket.directory().resolve("millrace-owner");
  }

  /** Other answers come to the first writes. */
  private void answerWrites(int first, int status, String code) {
    network.apply(request ->
        request.startsWith("PUT") && writes.incrementAndGet() <= first
            ? new FaultyNetwork.Fault.Answer(status, code)
            : new FaultyNetwork.Fault.None());
  }

  @Test
  void aBucketBelongsToWhoClaimsItFirst() throws IOException {
    mark().claimFor(OWNER, true);
    mark().claimFor(OWNER, false);
    assertThat(Files.readString(file())).isEqualTo(OWNER.toString());
    assertThatThrownBy(() -> mark().claimFor(OTHER, true))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining(OWNER.toString());
  }

  @Test
  void anOwnerWhoseBucketHasNoMarkIsInTheWrongOne() {
    assertThatThrownBy(() -> mark().claimFor(OWNER, false))
        .isInstanceOf(IllegalStateException.class);
    assertThat(file()).doesNotExist();
  }

  @Test
  void aServiceWithoutConditionsIsGivenAPlainWrite() throws IOException {
    answerWrites(1, 501, "NotImplemented");
    mark().claimFor(OWNER, true);
    assertThat(writes).hasValue(2);
    assertThat(Files.readString(file())).isEqualTo(OWNER.toString());
    assertThatThrownBy(() -> mark().claimFor(OTHER, true))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aServiceWithoutConditionsOverwritesNoMark() throws IOException {
    network.apply(request -> {
      if (request.startsWith("PUT") && writes.incrementAndGet() == 1) {
        anotherWrites();
        return new FaultyNetwork.Fault.Answer(501, "NotImplemented");
      }
      return new FaultyNetwork.Fault.None();
    });
    assertThatThrownBy(() -> mark().claimFor(OWNER, true))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining(OTHER.toString());
    assertThat(writes).hasValue(1);
    assertThat(Files.readString(file())).isEqualTo(OTHER.toString());
  }

  @Test
  void aConflictIsTriedAgain() throws IOException {
    answerWrites(2, 409, "ConditionalRequestConflict");
    mark().claimFor(OWNER, true);
    assertThat(writes).hasValue(3);
    assertThat(Files.readString(file())).isEqualTo(OWNER.toString());
  }

  @Test
  void whoLosesTheConflictIsTold() {
    network.apply(request -> {
      if (request.startsWith("PUT") && writes.incrementAndGet() == 1) {
        anotherWrites();
        return new FaultyNetwork.Fault.Answer(409, "ConditionalRequestConflict");
      }
      return new FaultyNetwork.Fault.None();
    });
    assertThatThrownBy(() -> mark().claimFor(OWNER, true))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining(OTHER.toString());
  }

  @Test
  void aConflictWithoutEndAndAnyOtherRefusalFail() {
    answerWrites(100, 409, "ConditionalRequestConflict");
    assertThatThrownBy(() -> mark().claimFor(OWNER, true)).isInstanceOf(Failure.Unavailable.class);
    answerWrites(1000, 403, "AccessDenied");
    assertThatThrownBy(() -> mark().claimFor(OWNER, true)).isInstanceOf(Failure.Unavailable.class);
    answerWrites(0, 0, "");
    assertThatCode(() -> mark().claimFor(OWNER, true)).doesNotThrowAnyException();
  }

  private void anotherWrites() {
    try (S3ObjectStore other = new S3ObjectStore(ObjectStorage.settings(bucket))) {
      other.claimFor(OTHER, true);
    }
  }
}
