package dev.millrace.cas.api;

import static dev.millrace.cas.api.Cas.fails;
import static io.grpc.Status.Code.INVALID_ARGUMENT;
import static io.grpc.Status.Code.NOT_FOUND;
import static org.assertj.core.api.Assertions.assertThat;

import build.bazel.remote.execution.v2.FindMissingBlobsRequest;
import build.bazel.remote.execution.v2.GetCapabilitiesRequest;
import com.github.luben.zstd.Zstd;
import com.google.bytestream.ByteStreamGrpc;
import com.google.bytestream.QueryWriteStatusRequest;
import com.google.protobuf.ByteString;
import dev.millrace.cas.backend.BackendKind;
import dev.millrace.cas.backend.OnEveryBackend;
import dev.millrace.digest.DigestFunction;
import dev.millrace.grpc.request.InstancePolicy;
import dev.millrace.testing.RandomBlobs;
import io.grpc.ClientInterceptor;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is promised of the names of blobs and uploads. */
@OnEveryBackend
final class ResourceNamesTest {

  private static final Metadata.Key<String> HEADER =
      Metadata.Key.of(
          "build.bazel.remote.execution.v2.resource-name", Metadata.ASCII_STRING_MARSHALLER);

  /** Those whose hashes are as long as others'. */
  private static final Set<DigestFunction> NAMED =
      EnumSet.of(DigestFunction.SHA256TREE, DigestFunction.BLAKE3, DigestFunction.GITSHA1);

  private final BackendKind kind;
  private final ByteString blob = RandomBlobs.seeded().next(1000);
  private final String id = UUID.randomUUID().toString();
  private Cas cas;

  ResourceNamesTest(BackendKind kind) {
    this.kind = kind;
    cas = new Cas(kind.make());
  }

  @AfterEach
  void close() throws InterruptedException {
    cas.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "team/", "team/project/", "a/b/c/d/e/f/g/h/i/j/"})
  void instancesHaveAnyNumberOfSegments(String instance) {
    String digest = DigestFunction.SHA256.digestOf(blob.toByteArray()).toString();
    write(instance + "uploads/" + id + "/blobs/" + digest, blob);
    assertThat(cas.read(instance + "blobs/" + digest, 0, 0)).isEqualTo(blob);
    ByteString compressed = cas.read(instance + "compressed-blobs/zstd/" + digest, 0, 0);
    assertThat(Zstd.decompress(compressed.toByteArray(), 1000)).isEqualTo(blob.toByteArray());
    ByteString other = blob.substring(1);
    String otherDigest = DigestFunction.SHA256.digestOf(other.toByteArray()).toString();
    write(
        instance + "uploads/" + id + "/compressed-blobs/zstd/" + otherDigest + "/its/name.o",
        ByteString.copyFrom(Zstd.compress(other.toByteArray())));
    assertThat(cas.read(instance + "blobs/" + otherDigest, 0, 0)).isEqualTo(other);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "blobs",
        "uploads",
        "actions",
        "actionResults",
        "operations",
        "capabilities",
        "compressed-blobs",
        "logstreams"
      })
  void noSegmentOfAnInstanceIsAReservedWord(String word) {
    String digest = DigestFunction.SHA256.digestOf(blob.toByteArray()).toString();
    cas.put(blob);
    for (String instance : new String[] {word, "team/" + word, word + "/team"}) {
      fails(INVALID_ARGUMENT, () -> cas.read(instance + "/blobs/" + digest, 0, 0));
      String upload = instance + "/uploads/" + id + "/blobs/" + digest;
      fails(INVALID_ARGUMENT, () -> write(upload, blob));
      fails(INVALID_ARGUMENT, () -> cas.query(upload));
      fails(
          INVALID_ARGUMENT,
          () ->
              cas.storage()
                  .findMissingBlobs(
                      FindMissingBlobsRequest.newBuilder().setInstanceName(instance).build()));
    }
  }

  @ParameterizedTest
  @EnumSource(value = DigestFunction.class, mode = EnumSource.Mode.EXCLUDE, names = "MD5")
  void theFunctionIsNamedWhereItsHashesLengthDoesNotTell(DigestFunction function) {
    String hash = function.digestOf(blob.toByteArray()).hash();
    String bare = "blobs/" + hash + "/1000";
    String named = "blobs/" + function.name().toLowerCase(Locale.ROOT) + "/" + hash + "/1000";
    boolean needed = NAMED.contains(function);
    String right = needed ? named : bare;
    write("uploads/" + id + "/" + right, blob);
    assertThat(cas.read(right, 0, 0)).isEqualTo(blob);
    if (needed) {
      // Without its name, the hash is one of another function, which is another blob.
      fails(NOT_FOUND, () -> cas.read(bare, 0, 0));
    } else {
      fails(INVALID_ARGUMENT, () -> cas.read(named, 0, 0));
      fails(INVALID_ARGUMENT, () -> write("uploads/" + id + "/" + named, blob));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 31, 33, 39, 41, 63, 65, 95, 97, 127, 129, 256})
  void aHashOfALengthThatNoFunctionHasIsRefused(int length) {
    String name = "blobs/" + "a".repeat(length) + "/1000";
    fails(INVALID_ARGUMENT, () -> cas.read(name, 0, 0));
    fails(INVALID_ARGUMENT, () -> write("uploads/" + id + "/" + name, blob));
    fails(INVALID_ARGUMENT, () -> cas.query("uploads/" + id + "/" + name));
  }

  @ParameterizedTest
  @ValueSource(strings = {"A", "F", "g", "z", " ", "-", "\u0661", "\uff41"})
  void aHashIsLowerCaseHexAndNothingElse(String character) {
    String hash = "a".repeat(63) + character;
    fails(INVALID_ARGUMENT, () -> cas.read("blobs/" + hash + "/1000", 0, 0));
    fails(INVALID_ARGUMENT, () -> write("uploads/" + id + "/blobs/" + hash + "/1000", blob));
    fails(INVALID_ARGUMENT, () -> cas.read("blobs/blake3/" + hash + "/1000", 0, 0));
  }

  @ParameterizedTest
  @ValueSource(strings = {"murmur3/abcdef01", "abcdef01", "vso/" + "HASH" + "00"})
  void aFunctionThatCanBePoisonedIsRefused(String hash) {
    String name = "blobs/" + hash.replace("HASH", "a".repeat(64)) + "/1000";
    fails(INVALID_ARGUMENT, () -> cas.read(name, 0, 0));
    fails(INVALID_ARGUMENT, () -> write("uploads/" + id + "/" + name, blob));
  }

  @Test
  void anUnknownInstanceIsRefused() throws InterruptedException {
    cas.close();
    cas = new Cas(kind.make(), InstancePolicy.only(Set.of(Cas.INSTANCE)));
    String digest = Cas.digest(blob).toString();
    fails(INVALID_ARGUMENT, () -> cas.read("other/blobs/" + digest, 0, 0));
    fails(INVALID_ARGUMENT, () -> write("other/uploads/" + id + "/blobs/" + digest, blob));
    fails(INVALID_ARGUMENT, () -> cas.query("other/uploads/" + id + "/blobs/" + digest));
    fails(
        INVALID_ARGUMENT,
        () ->
            cas.storage()
                .findMissingBlobs(
                    FindMissingBlobsRequest.newBuilder().setInstanceName("other").build()));
    fails(
        INVALID_ARGUMENT,
        () ->
            cas.capabilities()
                .getCapabilities(
                    GetCapabilitiesRequest.newBuilder().setInstanceName("other").build()));
    cas.put(blob);
    assertThat(cas.read(Cas.blob(Cas.digest(blob)), 0, 0)).isEqualTo(blob);
  }

  @Test
  void theResourceNameHeaderOfAWriteMustEqualTheName() {
    String name = Cas.upload(Cas.digest(blob));
    fails(INVALID_ARGUMENT, () -> writeWithHeader(name + "1", name));
    assertThat(cas.has(Cas.digest(blob))).isFalse();
    assertThat(writeWithHeader(name, name)).isEqualTo(1000);
    QueryWriteStatusRequest query =
        QueryWriteStatusRequest.newBuilder().setResourceName(name).build();
    fails(
        INVALID_ARGUMENT, () -> cas.bytes().withInterceptors(header("x")).queryWriteStatus(query));
    assertThat(cas.bytes().withInterceptors(header(name)).queryWriteStatus(query).getComplete())
        .isTrue();
  }

  private long writeWithHeader(String value, String name) {
    return new WriteClient(ByteStreamGrpc.newStub(cas.channel).withInterceptors(header(value)))
        .send(name, 0, blob, true)
        .committed();
  }

  private static ClientInterceptor header(String value) {
    Metadata headers = new Metadata();
    headers.put(HEADER, value);
    return MetadataUtils.newAttachHeadersInterceptor(headers);
  }

  private void write(String name, ByteString data) {
    assertThat(cas.write().send(name, 0, data, true).committed()).isEqualTo(data.size());
  }
}
