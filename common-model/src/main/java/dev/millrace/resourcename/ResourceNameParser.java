package dev.millrace.resourcename;

import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.failure.Failure.InvalidRequest;
import dev.millrace.instance.InstanceName;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/** Reads a resource name from left to right, one segment at a time. */
final class ResourceNameParser {

  private static final int MAX_LENGTH = 4096;

  /** What a message shows of the name: it has to fit into a trailer, whatever was sent. */
  private static final int SHOWN_LENGTH = 256;

  /** Stricter than {@link UUID#fromString}, which takes groups of other lengths, even signs. */
  private static final Pattern CANONICAL_UUID =
      Pattern.compile("\\p{XDigit}{8}(-\\p{XDigit}{4}){3}-\\p{XDigit}{12}");

  /** Decimal without leading zeros, so that one blob has one name. */
  private static final Pattern CANONICAL_SIZE = Pattern.compile("0|[1-9][0-9]{0,18}");

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
    List<String> instance = segments.subList(0, next);
    if (instance.equals(List.of(""))) {
      throw problem("begins with a slash: leave it out where there is no instance name");
    }
    try {
      return new InstanceName(String.join("/", instance));
    } catch (InvalidRequest e) {
      throw problem("has a malformed instance name: " + e.getMessage());
    }
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
    String token = "";
    if (next < segments.size()) {
      token = take("the write token");
      if (token.isEmpty()) {
        throw problem("has an empty write token");
      }
    }
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
                () -> problem("has neither a hash nor a function that is named at " + shown(hash)));
    long size = size(take("a size"));
    try {
      return new Digest(function, hash, size);
    } catch (IllegalArgumentException e) {
      throw problem("has a malformed digest: " + e.getMessage());
    }
  }

  private long size(String digits) {
    if (!CANONICAL_SIZE.matcher(digits).matches()) {
      throw problem("has no valid size in bytes: " + shown(digits));
    }
    try {
      return Long.parseLong(digits);
    } catch (NumberFormatException e) {
      throw problem("has a size beyond 2^63 - 1: " + shown(digits));
    }
  }

  private UUID uuid(String text) {
    if (!CANONICAL_UUID.matcher(text).matches()) {
      throw problem("needs a UUID after uploads, not " + shown(text));
    }
    return UUID.fromString(text);
  }

  private String take(String expected) {
    if (next == segments.size()) {
      throw problem("ends where " + expected + " should follow");
    }
    return segments.get(next++);
  }

  private ResourceName atEnd(ResourceName parsed) {
    if (next < segments.size()) {
      throw problem("goes on after its end with " + shown(segments.get(next)));
    }
    return parsed;
  }

  private InvalidRequest problem(String problem) {
    return new InvalidRequest("resource_name", shown(name) + " " + problem);
  }

  private static String shown(String text) {
    return text.length() <= SHOWN_LENGTH
        ? "'" + text + "'"
        : "'" + text.substring(0, SHOWN_LENGTH) + "…'";
  }
}
