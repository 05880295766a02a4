package dev.millrace.execution.api;

import static org.assertj.core.api.Assertions.assertThat;

import build.bazel.remote.execution.v2.ExecuteRequest;
import build.bazel.remote.execution.v2.RequestMetadata;
import com.google.longrunning.GetOperationRequest;
import com.google.longrunning.Operation;
import dev.millrace.actioncache.memory.MemoryActionCache;
import dev.millrace.blobstore.memory.MemoryBlobStore;
import dev.millrace.execution.api.Client.Following;
import dev.millrace.execution.store.ExecutionSchema;
import dev.millrace.testing.ManualClock;
import dev.millrace.testing.TestDatabase;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import java.time.Duration;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A replica on a database of its own, and a client that has blobs in reach. */
abstract class ProtocolFixture {

  final ManualClock clock = ManualClock.standing();
  final MemoryBlobStore blobs = new MemoryBlobStore();
  final MemoryActionCache cache = new MemoryActionCache();
  final DataSource database = TestDatabase.create();
  final Client client = new Client(blobs);
  Replica replica;

  @BeforeEach
  final void start() {
    ExecutionSchema.migrations(database).migrate();
    replica = replica(Duration.ofSeconds(20));
  }

  final Replica replica(Duration idleHold) {
    return new Replica(database, blobs, cache, clock, idleHold);
  }

  @AfterEach
  final void stop() {
    replica.close();
    assertThat(replica.conformance.violations()).isEmpty();
  }

  final Operation get(String name) {
    return replica
        .operationsStub()
        .getOperation(GetOperationRequest.newBuilder().setName(name).build());
  }

  /** Sends an action on behalf of a tool's invocation. */
  final Following execute(String invocation, ExecuteRequest.Builder request) {
    return execute(RequestMetadata.newBuilder().setToolInvocationId(invocation).build(), request);
  }

  /** Sends an action, and says what it is. */
  final Following execute(RequestMetadata metadata, ExecuteRequest.Builder request) {
    Metadata headers = new Metadata();
    headers.put(
        Metadata.Key.of(
            "build.bazel.remote.execution.v2.requestmetadata-bin", Metadata.BINARY_BYTE_MARSHALLER),
        metadata.toByteArray());
    return new Following(
        replica
            .execution()
            .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
            .execute(request.build()));
  }
}
