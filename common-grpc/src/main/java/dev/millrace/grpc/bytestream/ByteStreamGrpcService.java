package dev.millrace.grpc.bytestream;

import com.google.bytestream.ByteStreamGrpc;
import com.google.bytestream.QueryWriteStatusRequest;
import com.google.bytestream.QueryWriteStatusResponse;
import com.google.bytestream.ReadRequest;
import com.google.bytestream.ReadResponse;
import com.google.bytestream.WriteRequest;
import com.google.bytestream.WriteResponse;
import dev.millrace.grpc.bytestream.Resources.Resource;
import dev.millrace.grpc.request.InstancePolicy;
import dev.millrace.grpc.stream.ServerStream;
import dev.millrace.grpc.stream.ServerStream.Source;
import io.grpc.BindableService;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.StreamObserver;
import java.util.List;

/**
 * The one ByteStream service of a process. A second one would silently replace the first, so what
 * is served besides blobs comes in as another {@link ByteStreamHandler}.
 */
public final class ByteStreamGrpcService implements BindableService {

  private final Resources resources;

  public ByteStreamGrpcService(InstancePolicy instances, List<ByteStreamHandler> handlers) {
    resources = new Resources(instances, handlers);
  }

  @Override
  public ServerServiceDefinition bindService() {
    return ServerInterceptors.intercept(
        InPlaceReads.in(new Calls(resources).bindService()), new ResourceNameHeader());
  }

  /** The service's methods. */
  private static final class Calls extends ByteStreamGrpc.ByteStreamImplBase {
    private final Resources resources;

    Calls(Resources resources) {
      this.resources = resources;
    }

    @Override
    public void read(ReadRequest request, StreamObserver<ReadResponse> responses) {
      Resource resource = resources.find(request.getResourceName());
      ReadRange range = new ReadRange(request.getReadOffset(), request.getReadLimit());
      Source<ReadResponse> source =
          stream -> resource.handler().read(resource.name(), range, stream);
      if (resource.handler().isShort(resource.name(), range)) {
        ServerStream.sendOne(responses, source);
      } else {
        ServerStream.start(responses, source);
      }
    }

    @Override
    public StreamObserver<WriteRequest> write(StreamObserver<WriteResponse> responses) {
      return new WriteCall(resources, responses);
    }

    @Override
    public void queryWriteStatus(
        QueryWriteStatusRequest request, StreamObserver<QueryWriteStatusResponse> responses) {
      Resource resource = resources.find(request.getResourceName());
      WriteStatus status = resource.handler().queryWriteStatus(resource.name());
      responses.onNext(
          QueryWriteStatusResponse.newBuilder()
              .setCommittedSize(status.committedSize())
              .setComplete(status.complete())
              .build());
      responses.onCompleted();
    }
  }
}
