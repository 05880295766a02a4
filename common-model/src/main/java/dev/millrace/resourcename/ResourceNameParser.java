package dev.millrace.resourcename;

import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.failure.Failure.InvalidRequest;
import dev.millrace.instance.InstanceName;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Reads a resource name from left to right, one segment at a time. */
final class ResourceNameParser {

  private static final int MAX_LENGTH = 4096;
  private static final int UUID_LENGTH = 36;

  private final String name;
  private final List<String> segments;
  private int next;

  ResourceNameParser(String name) {
    if (name.length() > MAX_LENGTH) {
      throw new InvalidRequest("resource_name", "is longer than " + MAX_LENGTH + " characters");
    }
    this.name = name;
    this.segments = Arrays.asList(name.split("/", -1));
  }

  ResourceName parse() {
    InstanceName instance = instance();
    return switch (take("blobs, compressed-blobs, uploads or logstreams")) {
      case "blobs" -> atEnd(new ResourceName.Blob(instance, Compressor.IDENTITY, digest()));
      case "compressed-blobs" -> atEnd(new ResourceName.Blob(instance, compressor(), digest()));
      case "uploads" -> upload(instance);
      case "logstreams" -> log(instance);
      default -> throw problem("must go on with blobs, compressed-blobs, uploads or logstreams");
    };
  }

  private InstanceName instance() {
    while (next < segments.size() && !InstanceName.isReserved(segments.get(next))) {
      next++;
    }
    if (next == segments.size()) {
      throw problem("has no blobs, compressed-blobs, uploads or logstreams segment");
    }
    return new InstanceName(String.join("/", segments.subList(0, next)));
  }

  private ResourceName upload(InstanceName instance) {
    UUID id = uuid(take("the upload's UUID"));
    Compressor compressor =
        switch (take("blobs or compressed-blobs")) {
          case "blobs" -> Compressor.IDENTITY;
          case "compressed-blobs" -> compressor();
          default -> throw problem("must go on with blobs or compressed-blobs after the UUID");
        };
    return new ResourceName.Upload(instance, id, compressor, digest());
  }

  private ResourceName log(InstanceName instance) {
    String id = take("the log's id");
    if (id.isEmpty()) {
      throw problem("has an empty log id");
    }
    String token = next < segments.size() ? take("the write token") : "";
    return atEnd(new ResourceName.Log(instance, id, token));
  }

  private Compressor compressor() {
    String segment = take("a compressor");
    return Compressor.ofSegment(segment)
        .orElseThrow(() -> problem("names no known compressor: use zstd, deflate or brotli"));
  }

  private Digest digest() {
    String segment = take("a hash");
    Optional<DigestFunction> named = DigestFunction.ofSegment(segment);
    String hash = named.isPresent() ? take("a hash") : segment;
    DigestFunction function =
        named
            .or(() -> DigestFunction.ofHashLength(hash.length()))
            .orElseThrow(
                () -> problem("'" + hash + "' has the length of no digest function's hash"));
    long size = size(take("a size"));
    try {
      return new Digest(function, hash, size);
    } catch (IllegalArgumentException e) {
      throw problem("has a malformed digest: " + e.getMessage());
    }
  }

  private long size(String digits) {
    // Canonical decimal only: one blob has one name.
    if (digits.isEmpty()
        || digits.length() > 19
        || !digits.chars().allMatch(c -> c >= '0' && c <= '9')
        || digits.length() > 1 && digits.startsWith("0")) {
      throw problem("has no valid size in bytes: '" + digits + "'");
    }
    try {
      return Long.parseLong(digits);
    } catch (NumberFormatException e) {
      throw problem("has a size beyond 2^63 - 1: '" + digits + "'");
    }
  }

  private UUID uuid(String text) {
    try {
      if (text.length() == UUID_LENGTH) {
        return UUID.fromString(text);
      }
    } catch (IllegalArgumentException e) {
      // Falls through to the same answer as a text of another length.
    }
    throw problem("needs a UUID after uploads, not '" + text + "'");
  }

  private String take(String expected) {
    if (next == segments.size()) {
      throw problem("ends where " + expected + " should follow");
    }
    return segments.get(next++);
  }

  private ResourceName atEnd(ResourceName parsed) {
    if (next < segments.size()) {
      throw problem("goes on after its end with '" + segments.get(next) + "'");
    }
    return parsed;
  }

  private InvalidRequest problem(String problem) {
    return new InvalidRequest("resource_name", "'" + name + "' " + problem);
  }
}
