package dev.millrace.grpc.bytestream;

import dev.millrace.failure.Failure;
import dev.millrace.grpc.request.InstancePolicy;
import dev.millrace.grpc.request.Right;
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
    ResourceName name = parse(resourceName);
    instances.check(name.instance());
    return served(name, resourceName);
  }

  /** The resource, if the caller may write it. */
  Resource findWritable(String resourceName) {
    ResourceName name = parse(resourceName);
    instances.check(
        name.instance(),
        switch (name) {
          case ResourceName.Blob blob -> Right.CAS_WRITE;
          case ResourceName.Upload upload -> Right.CAS_WRITE;
          case ResourceName.Log log -> Right.LOG_WRITE;
        });
    return served(name, resourceName);
  }

  private static ResourceName parse(String resourceName) {
    ResourceNameHeader.check(resourceName);
    return ResourceName.parse(resourceName);
  }

  private Resource served(ResourceName name, String resourceName) {
    return handlers.stream()
        .filter(handler -> handler.handles(name))
        .findFirst()
        .map(handler -> new Resource(name, handler))
        .orElseThrow(() -> new Failure.Unsupported("nothing here serves '" + resourceName + "'"));
  }
}
