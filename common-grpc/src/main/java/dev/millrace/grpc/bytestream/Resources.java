package dev.millrace.grpc.bytestream;

import dev.millrace.failure.Failure;
import dev.millrace.grpc.request.InstancePolicy;
import dev.millrace.resourcename.ResourceName;
import java.util.List;

/** Finds out what a resource name stands for here, and who serves it. */
final class Resources {

  /** A name together with the one who serves it. */
  record Resource(ResourceName name, ByteStreamHandler handler) {}

  private final InstancePolicy instances;
  private final List<ByteStreamHandler> handlers;

  Resources(InstancePolicy instances, List<ByteStreamHandler> handlers) {
    this.instances = instances;
    this.handlers = List.copyOf(handlers);
  }

  Resource find(String resourceName) {
    ResourceNameHeader.check(resourceName);
    ResourceName name = ResourceName.parse(resourceName);
    instances.check(name.instance());
    return handlers.stream()
        .filter(handler -> handler.handles(name))
        .findFirst()
        .map(handler -> new Resource(name, handler))
        .orElseThrow(() -> new Failure.Unsupported("nothing here serves '" + resourceName + "'"));
  }
}
