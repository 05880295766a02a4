package dev.millrace.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import build.bazel.remote.execution.v2.BatchReadBlobsRequest;
import build.bazel.remote.execution.v2.BatchUpdateBlobsRequest;
import build.bazel.remote.execution.v2.ContentAddressableStorageGrpc;
import build.bazel.remote.execution.v2.FindMissingBlobsRequest;
import com.google.bytestream.ByteStreamGrpc;
import com.google.bytestream.ReadRequest;
import com.google.bytestream.WriteRequest;
import com.google.protobuf.ByteString;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.Blobs;
import dev.millrace.blobstore.remote.RemoteBlobStore;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.digest.wire.Digests;
import dev.millrace.instance.InstanceName;
import dev.millrace.testing.RandomBlobs;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Whatever clients do, the service's memory lasts, and everybody else is served. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class AdmissionTest {

  private static final Pattern STARTED = Pattern.compile("Started \\w+Application in");
  private static final int STREAMS = 10_000;
  private static final int CONNECTIONS = 20;

  /** Heap, memory outside of it, and what the JVM and mapped files take. */
  private static final long MAX_RESIDENT_KIB = (512 + 512 + 512) * 1024;

  private final RandomBlobs random = RandomBlobs.seeded();
  private int port;
  private ServiceProcess service;
  private ManagedChannel channel;
  private BlobStore blobs;

  @BeforeAll
  void start(@TempDir Path directory) {
    port = Repository.freePort();
    service =
        ServiceProcess.start(
            "cas-service",
            STARTED,
            List.of("-Xmx512m", "-XX:MaxDirectMemorySize=512m"),
            List.of(
                "--spring.grpc.server.port=" + port,
                "--millrace.grpc.admission.crowded-idle-timeout=60s",
                "--millrace.cas.disk.capacity=1GB",
                "--millrace.cas.disk.directory=" + directory.resolve("blobs")));
    channel = NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
    blobs = new RemoteBlobStore(channel);
  }

  @AfterAll
  void stop() {
    channel.shutdownNow();
    service.close();
  }

  @Test
  void tenThousandUploadsThatNeverEnd() {
    ByteString part = random.next(8 * 1024);
    try (Storm storm = new Storm(port, CONNECTIONS)) {
      for (int i = 0; i < STREAMS; i++) {
        String name = "uploads/%s/blobs/%064x/100000".formatted(UUID.randomUUID(), 1_000_000L + i);
        storm.begin(
            ByteStreamGrpc.getWriteMethod(),
            WriteRequest.newBuilder().setResourceName(name).setData(part).build());
      }
      othersAreServedUntil(
          storm, () -> storm.ended(Status.Code.RESOURCE_EXHAUSTED) > STREAMS * 9 / 10);
      assertPolite(storm);
    }
    everybodyIsServedAgain();
  }

  @Test
  void tenThousandDownloadsThatNobodyTakes() {
    Digest blob = stored(2 * 1024 * 1024);
    try (Storm storm = new Storm(port, CONNECTIONS)) {
      for (int i = 0; i < STREAMS; i++) {
        storm.askAndIgnore(
            ByteStreamGrpc.getReadMethod(),
            ReadRequest.newBuilder().setResourceName("blobs/" + blob).build());
      }
      othersAreServedUntil(
          storm, () -> storm.ended(Status.Code.RESOURCE_EXHAUSTED) > STREAMS * 9 / 10);
      assertPolite(storm);
    }
    everybodyIsServedAgain();
  }

  @Test
  void hundredsOfLargestBatchesAtOnce() {
    ByteString content = random.next(3 * 1024 * 1024);
    Digest digest = DigestFunction.SHA256.digestOf(content.toByteArray());
    BatchUpdateBlobsRequest.Builder update = BatchUpdateBlobsRequest.newBuilder();
    update.addRequestsBuilder().setDigest(Digests.toProto(digest)).setData(content);
    try (Storm storm = new Storm(port, CONNECTIONS)) {
      for (int i = 0; i < 300; i++) {
        // What this client itself has on its hands is bounded.
        if (storm.open() >= 80) {
          othersAreServedUntil(storm, () -> storm.open() < 60);
        }
        storm.ask(ContentAddressableStorageGrpc.getBatchUpdateBlobsMethod(), update.build());
      }
      othersAreServedUntil(storm, () -> storm.open() == 0);
      assertThat(storm.ended(Status.Code.OK)).isPositive();
      assertPolite(storm);
    }
    everybodyIsServedAgain();
  }

  @Test
  void hundredsOfLargestAnswersThatNobodyTakes() {
    Digest blob = stored(3 * 1024 * 1024);
    try (Storm storm = new Storm(port, CONNECTIONS)) {
      // Some dozens of answers fit what connections and the budget hold, by how far windows grew.
      for (int i = 0; i < 1_500; i++) {
        storm.askAndIgnore(
            ContentAddressableStorageGrpc.getBatchReadBlobsMethod(),
            BatchReadBlobsRequest.newBuilder().addDigests(Digests.toProto(blob)).build());
      }
      othersAreServedUntil(storm, () -> storm.ended(Status.Code.RESOURCE_EXHAUSTED) > 1_200);
      assertPolite(storm);
    }
    everybodyIsServedAgain();
  }

  @Test
  void hundredsOfLargestQuestionsAtOnce() {
    FindMissingBlobsRequest.Builder question = FindMissingBlobsRequest.newBuilder();
    for (int i = 0; i < 55_000; i++) {
      question.addBlobDigestsBuilder().setHash("%064x".formatted(i)).setSizeBytes(1);
    }
    FindMissingBlobsRequest largest = question.build();
    assertThat(largest.getSerializedSize()).isGreaterThan(3_500_000);
    try (Storm storm = new Storm(port, CONNECTIONS)) {
      for (int i = 0; i < 80; i++) {
        if (storm.open() >= 40) {
          othersAreServedUntil(storm, () -> storm.open() < 30);
        }
        storm.ask(ContentAddressableStorageGrpc.getFindMissingBlobsMethod(), largest);
      }
      othersAreServedUntil(storm, () -> storm.open() == 0);
      assertThat(storm.ended(Status.Code.OK)).isPositive();
      assertPolite(storm);
    }
    everybodyIsServedAgain();
  }

  private void othersAreServedUntil(Storm storm, BooleanSupplier enough) {
    Awaitility.await()
        .conditionEvaluationListener(condition -> {
          if (condition.getRemainingTimeInMS() < 1_000) {
            System.out.println("Still " + storm);
          }
        })
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(20))
        .until(() -> {
          boolean over = enough.getAsBoolean();
          healthy();
          findsMissing();
          return over;
        });
  }

  private void healthy() {
    assertThat(service.isAlive()).isTrue();
    assertThat(
            HealthGrpc.newBlockingStub(channel)
                .withDeadlineAfter(20, TimeUnit.SECONDS)
                .check(HealthCheckRequest.getDefaultInstance())
                .getStatus())
        .isEqualTo(ServingStatus.SERVING);
  }

  private void findsMissing() {
    FindMissingBlobsRequest.Builder question = FindMissingBlobsRequest.newBuilder();
    question.addBlobDigestsBuilder().setHash("a".repeat(64)).setSizeBytes(1);
    assertThat(
            ContentAddressableStorageGrpc.newBlockingStub(channel)
                .withDeadlineAfter(20, TimeUnit.SECONDS)
                .findMissingBlobs(question.build())
                .getMissingBlobDigestsCount())
        .isEqualTo(1);
  }

  private static void assertPolite(Storm storm) {
    System.out.println(storm);
    assertThat(storm.impolite()).isEmpty();
  }

  private void everybodyIsServedAgain() {
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .ignoreExceptions()
        .untilAsserted(() -> {
          Digest blob = stored(1_000_000);
          assertThat(blob.function().digestOf(read(blob))).isEqualTo(blob);
        });
    findsMissing();
    assertThat(service.output()).doesNotContain("OutOfMemory", "OutOfDirectMemory", "LEAK");
    long resident = peakResidentKib();
    System.out.println("Peak resident: " + resident / 1024 + " MiB");
    assertThat(resident).isLessThan(MAX_RESIDENT_KIB);
  }

  private Digest stored(int size) {
    return Blobs.write(blobs, InstanceName.ROOT, DigestFunction.SHA256, random.next(size));
  }

  private byte[] read(Digest digest) {
    return Blobs.read(blobs, InstanceName.ROOT, digest, Integer.MAX_VALUE).toByteArray();
  }

  private long peakResidentKib() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/" + service.pid() + "/status"))) {
      return lines
          .filter(line -> line.startsWith("VmHWM:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
          .findFirst()
          .orElse(0);
    } catch (IOException notLinux) {
      return 0;
    }
  }
}
