package dev.millrace.resourcename;

import dev.millrace.digest.Digest;
import dev.millrace.failure.Failure.InvalidRequest;
import dev.millrace.instance.InstanceName;
import java.util.UUID;

/** What a ByteStream call is about. {@link #toString} prints the name in its canonical form. */
public sealed interface ResourceName {

  InstanceName instance();

  /** Parses any of the forms below; a failure names {@code resource_name} and says what is off. */
  static ResourceName parse(String name) {
    return new ResourceNameParser(name).parse();
  }

  /** A blob to read: {@code [instance/]blobs/…} or {@code [instance/]compressed-blobs/…}. */
  record Blob(InstanceName instance, Compressor compressor, Digest digest) implements ResourceName {
    @Override
    public String toString() {
      return instance.prefix() + blobSegments(compressor, digest);
    }
  }

  /**
   * A blob to write: {@code [instance/]uploads/{uuid}/blobs/…}. What clients append after the size
   * (a file name, say) is ignored, so that it does not make another upload of it.
   */
  record Upload(InstanceName instance, UUID id, Compressor compressor, Digest digest)
      implements ResourceName {
    @Override
    public String toString() {
      return instance.prefix() + "uploads/" + id + "/" + blobSegments(compressor, digest);
    }
  }

  /**
   * A log: {@code [instance/]logstreams/{id}} to read, {@code [instance/]logstreams/{id}/{token}}
   * to write.
   *
   * @param id one segment, not empty
   * @param writeToken one segment; empty in the name to read
   */
  record Log(InstanceName instance, String id, String writeToken) implements ResourceName {

    public Log {
      if (id.isEmpty()) {
        throw new InvalidRequest("resource_name", "has an empty log id");
      }
      if (id.contains("/") || writeToken.contains("/")) {
        throw new InvalidRequest("resource_name", "log id and write token are one segment each");
      }
    }

    /** Whether the name is the one given to the log's writer alone. */
    public boolean isForWriting() {
      return !writeToken.isEmpty();
    }

    @Override
    public String toString() {
      return instance.prefix() + "logstreams/" + id + (isForWriting() ? "/" + writeToken : "");
    }
  }

  private static String blobSegments(Compressor compressor, Digest digest) {
    return (compressor == Compressor.IDENTITY
            ? "blobs/"
            : "compressed-blobs/" + compressor.segment() + "/")
        + digest;
  }
}
