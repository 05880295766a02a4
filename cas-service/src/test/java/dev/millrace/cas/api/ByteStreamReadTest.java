package dev.millrace.cas.api;

import static dev.millrace.cas.api.Cas.await;
import static dev.millrace.cas.api.Cas.digest;
import static dev.millrace.cas.api.Cas.fails;
import static io.grpc.Status.Code.INVALID_ARGUMENT;
import static io.grpc.Status.Code.NOT_FOUND;
import static io.grpc.Status.Code.OUT_OF_RANGE;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.bytestream.ByteStreamGrpc;
import com.google.bytestream.ReadRequest;
import com.google.bytestream.ReadResponse;
import com.google.protobuf.ByteString;
import dev.millrace.cas.backend.BackendKind;
import dev.millrace.cas.backend.OnEveryBackend;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.testing.RandomBlobs;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.MetadataUtils;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What Read promises for blobs. */
@OnEveryBackend
final class ByteStreamReadTest {

  private static final Metadata.Key<String> HEADER =
      Metadata.Key.of(
          "build.bazel.remote.execution.v2.resource-name", Metadata.ASCII_STRING_MARSHALLER);

  private final RandomBlobs random = RandomBlobs.seeded();
  private final Cas cas;
  private final ByteString blob = random.next(1000);
  private final Digest digest;
  private final String name;

  ByteStreamReadTest(BackendKind kind) {
    cas = new Cas(kind.make());
    digest = cas.put(blob);
    name = Cas.blob(digest);
  }

  @AfterEach
  void close() throws InterruptedException {
    cas.close();
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0, 0, 1000",
    "0, 1, 0, 1",
    "0, 1000, 0, 1000",
    "0, 1001, 0, 1000",
    "10, 0, 10, 1000",
    "10, 20, 10, 30",
    "999, 0, 999, 1000",
    "999, 9223372036854775807, 999, 1000",
    "1000, 0, 1000, 1000",
    "1000, 5, 1000, 1000",
  })
  void offsetAndLimitAreHonoured(long offset, long limit, int from, int to) {
    assertThat(cas.read(name, offset, limit)).isEqualTo(blob.substring(from, to));
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, Long.MIN_VALUE, 1001, Long.MAX_VALUE})
  void anOffsetOutsideOfTheBlobIsOutOfRange(long offset) {
    fails(OUT_OF_RANGE, () -> cas.read(name, offset, 0));
  }

  @Test
  void aNegativeLimitIsRefused() {
    fails(INVALID_ARGUMENT, () -> cas.read(name, 0, -1));
  }

  @Test
  void anAbsentBlobIsNotFound() {
    fails(NOT_FOUND, () -> cas.read(Cas.blob(digest(random.next(10))), 0, 0));
    Digest longer = new Digest(digest.function(), digest.hash(), 1001);
    fails(NOT_FOUND, () -> cas.read(Cas.blob(longer), 0, 0));
    Digest enormous = new Digest(digest.function(), digest.hash(), Long.MAX_VALUE);
    fails(NOT_FOUND, () -> cas.read(Cas.blob(enormous), 0, 0));
  }

  @Test
  void aBlobOfAnotherInstanceIsNotFound() {
    fails(NOT_FOUND, () -> cas.read("other/blobs/" + digest, 0, 0));
  }

  @ParameterizedTest
  @EnumSource(value = DigestFunction.class, mode = EnumSource.Mode.EXCLUDE, names = "MD5")
  void theEmptyBlobAlwaysExists(DigestFunction function) {
    assertThat(cas.read(Cas.blob(function.digestOf(new byte[0])), 0, 0)).isEmpty();
  }

  @Test
  void aLargeBlobArrivesWhole() {
    ByteString large = random.next(5_000_001);
    assertThat(cas.read(Cas.blob(cas.put(large)), 0, 0)).isEqualTo(large);
    assertThat(cas.read(Cas.blob(digest(large)), 1_000_000, 3_000_000))
        .isEqualTo(large.substring(1_000_000, 4_000_000));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "blobs",
        "team/blobs/HASH",
        "team/blobs/HASH/10/more",
        "team/blobs/HASH/-10",
        "team/blobs/sha256/HASH/10",
        "team/blobs/blake3/HAS/10",
        "team/blobs/murmur3/abcdef01/10",
        "team/compressed-blobs/gzip/HASH/10",
        "team/compressed-blobs/lzma/HASH/10",
        "team/uploads/9d1a9d5e-7c6e-4a8e-9b1f-0c6f5a4d3e2b/blobs/HASH/10",
        "team/operations/blobs/HASH/10",
      })
  void aMalformedOrWriteOnlyNameIsRefused(String pattern) {
    fails(INVALID_ARGUMENT, () -> cas.read(pattern.replace("HASH", "a".repeat(64)), 0, 0));
  }

  @Test
  void aFunctionThatIsNotEnabledIsRefused() {
    fails(INVALID_ARGUMENT, () -> cas.read("blobs/" + "a".repeat(32) + "/10", 0, 0));
  }

  @Test
  void theResourceNameHeaderMustEqualTheName() {
    assertThat(Cas.join(withHeader(name).read(request()))).isEqualTo(blob);
    fails(INVALID_ARGUMENT, () -> Cas.join(withHeader(name + "1").read(request())));
  }

  @Test
  void aClientThatGoesAwayLeavesNothingOpen() {
    String large = Cas.blob(cas.put(random.next(5_000_000)));
    Context.CancellableContext context = Context.current().withCancellation();
    context.run(() -> {
      Iterator<ReadResponse> parts =
          cas.bytes().read(ReadRequest.newBuilder().setResourceName(large).build());
      parts.next();
      assertThat(cas.store.readers).hasValue(1);
    });
    context.cancel(null);
    await(() -> cas.store.readers.get() == 0);
  }

  @Test
  void aClientThatDoesNotReadHoldsUpNobodyElse() throws Exception {
    ByteString large = random.next(5_000_000);
    String largeName = Cas.blob(cas.put(large));
    try (SlowReader slow = new SlowReader(largeName);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<ByteString>> reads = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        reads.add(() -> cas.read(largeName, 0, 100_000));
      }
      for (Future<ByteString> read : threads.invokeAll(reads)) {
        assertThat(read.get()).isEqualTo(large.substring(0, 100_000));
      }
      assertThat(cas.store.readers).hasValue(1);
      assertThat(slow.rest()).isEqualTo(large);
    }
  }

  @Test
  void aHundredStreamsAtOnceAreServed() {
    ByteString large = random.next(1_000_000);
    String largeName = Cas.blob(cas.put(large));
    List<SlowReader> readers = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      readers.add(new SlowReader(largeName));
    }
    await(() -> cas.store.readers.get() == 100);
    readers.forEach(reader -> assertThat(reader.rest()).isEqualTo(large));
    readers.forEach(SlowReader::close);
  }

  private ReadRequest request() {
    return ReadRequest.newBuilder().setResourceName(name).build();
  }

  private ByteStreamGrpc.ByteStreamBlockingStub withHeader(String value) {
    Metadata headers = new Metadata();
    headers.put(HEADER, value);
    return cas.bytes().withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
  }

  /** Takes a message only when it is told to. */
  private final class SlowReader implements AutoCloseable {
    private final LinkedBlockingQueue<ByteString> parts = new LinkedBlockingQueue<>();
    private final CompletableFuture<Status> end = new CompletableFuture<>();
    private final ClientCall<ReadRequest, ReadResponse> call;

    SlowReader(String resource) {
      call = cas.channel.newCall(ByteStreamGrpc.getReadMethod(), CallOptions.DEFAULT);
      call.start(
          new ClientCall.Listener<>() {
            @Override
            public void onMessage(ReadResponse response) {
              parts.add(response.getData());
            }

            @Override
            public void onClose(Status status, Metadata trailers) {
              end.complete(status);
            }
          },
          new Metadata());
      call.sendMessage(ReadRequest.newBuilder().setResourceName(resource).build());
      call.halfClose();
      call.request(1);
    }

    ByteString rest() {
      call.request(Integer.MAX_VALUE);
      assertThat(end.orTimeout(20, TimeUnit.SECONDS).join().isOk()).isTrue();
      return ByteString.copyFrom(parts);
    }

    @Override
    public void close() {
      call.cancel("the test is over", null);
    }
  }
}
