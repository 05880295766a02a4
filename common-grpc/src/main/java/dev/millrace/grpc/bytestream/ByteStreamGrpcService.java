package dev.millrace.grpc.bytestream;

import com.google.bytestream.ByteStreamGrpc;
import com.google.bytestream.QueryWriteStatusRequest;
import com.google.bytestream.QueryWriteStatusResponse;
import com.google.bytestream.ReadRequest;
import com.google.bytestream.ReadResponse;
import com.google.bytestream.WriteResponse;
import dev.millrace.grpc.bytestream.Resources.Resource;
import dev.millrace.grpc.incoming.IncomingWrite;
import dev.millrace.grpc.incoming.IncomingWriteMarshaller;
import dev.millrace.grpc.outgoing.ReadResponseMarshaller;
import dev.millrace.grpc.request.InstancePolicy;
import dev.millrace.grpc.stream.ServerStream;
import dev.millrace.grpc.stream.ServerStream.Source;
import io.grpc.BindableService;
import io.grpc.MethodDescriptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.util.List;

/**
 * The one ByteStream service of a process. A second one would silently replace the first, so what
 * is served besides blobs comes in as another {@link ByteStreamHandler}. Content is not copied
 * between storage and the network, for which its methods have marshallers of their own.
 */
public final class ByteStreamGrpcService implements BindableService {

  private static final MethodDescriptor<ReadRequest, ReadResponse> READ =
      ByteStreamGrpc.getReadMethod().toBuilder()
          .setResponseMarshaller(new ReadResponseMarshaller())
          .build();
  private static final MethodDescriptor<IncomingWrite, WriteResponse> WRITE =
      ByteStreamGrpc.getWriteMethod().toBuilder(
              new IncomingWriteMarshaller(),
              ProtoUtils.marshaller(WriteResponse.getDefaultInstance()))
          .build();
  private static final MethodDescriptor<QueryWriteStatusRequest, QueryWriteStatusResponse>
      QUERY_WRITE_STATUS = ByteStreamGrpc.getQueryWriteStatusMethod();

  private final Resources resources;

  public ByteStreamGrpcService(InstancePolicy instances, List<ByteStreamHandler> handlers) {
    resources = new Resources(instances, handlers);
  }

  @Override
  public ServerServiceDefinition bindService() {
    ServiceDescriptor generated = ByteStreamGrpc.getServiceDescriptor();
    ServiceDescriptor descriptor =
        ServiceDescriptor.newBuilder(generated.getName())
            .setSchemaDescriptor(generated.getSchemaDescriptor())
            .addMethod(READ)
            .addMethod(WRITE)
            .addMethod(QUERY_WRITE_STATUS)
            .build();
    return ServerInterceptors.intercept(
        ServerServiceDefinition.builder(descriptor)
            .addMethod(READ, ServerCalls.asyncServerStreamingCall(this::read))
            .addMethod(WRITE, ServerCalls.asyncClientStreamingCall(this::write))
            .addMethod(QUERY_WRITE_STATUS, ServerCalls.asyncUnaryCall(this::queryWriteStatus))
            .build(),
        new ResourceNameHeader());
  }

  private void read(ReadRequest request, StreamObserver<ReadResponse> responses) {
    Resource resource = resources.find(request.getResourceName());
    ReadRange range = new ReadRange(request.getReadOffset(), request.getReadLimit());
    Source<ReadResponse> source = stream -> resource.handler().read(resource.name(), range, stream);
    if (resource.handler().isShort(resource.name(), range)) {
      ServerStream.sendOne(responses, source);
    } else {
      ServerStream.start(responses, source);
    }
  }

  private StreamObserver<IncomingWrite> write(StreamObserver<WriteResponse> responses) {
    return new WriteCall(resources, responses);
  }

  private void queryWriteStatus(
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
