package dev.millrace.grpc.bytestream;

import com.google.bytestream.ByteStreamGrpc;
import com.google.bytestream.ReadRequest;
import com.google.bytestream.ReadResponse;
import dev.millrace.grpc.outgoing.ReadResponseMarshaller;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;

/** The ByteStream service with answers to Read that need not be copied to be encoded. */
final class InPlaceReads {

  private static final MethodDescriptor<ReadRequest, ReadResponse> READ =
      ByteStreamGrpc.getReadMethod().toBuilder()
          .setResponseMarshaller(new ReadResponseMarshaller())
          .build();

  private InPlaceReads() {}

  /** The same service but for how Read's answers are encoded. */
  static ServerServiceDefinition in(ServerServiceDefinition service) {
    ServiceDescriptor.Builder descriptor =
        ServiceDescriptor.newBuilder(service.getServiceDescriptor().getName())
            .setSchemaDescriptor(service.getServiceDescriptor().getSchemaDescriptor());
    service.getServiceDescriptor().getMethods().stream()
        .map(method -> isRead(method) ? READ : method)
        .forEach(descriptor::addMethod);
    ServerServiceDefinition.Builder definition =
        ServerServiceDefinition.builder(descriptor.build());
    service.getMethods().forEach(method -> definition.addMethod(bound(method)));
    return definition.build();
  }

  private static ServerMethodDefinition<?, ?> bound(ServerMethodDefinition<?, ?> method) {
    return isRead(method.getMethodDescriptor()) ? read(method) : method;
  }

  @SuppressWarnings("unchecked") // The method of that name has these types.
  private static ServerMethodDefinition<?, ?> read(ServerMethodDefinition<?, ?> method) {
    return ServerMethodDefinition.create(
        READ, (ServerCallHandler<ReadRequest, ReadResponse>) method.getServerCallHandler());
  }

  private static boolean isRead(MethodDescriptor<?, ?> method) {
    return method.getFullMethodName().equals(READ.getFullMethodName());
  }
}
