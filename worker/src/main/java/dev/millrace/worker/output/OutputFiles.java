package dev.millrace.worker.output;

import com.google.protobuf.ByteString;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.digest.Hasher;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** Hashes outputs, each once, and remembers where the bytes of each digest are. */
public final class OutputFiles {

  private static final int BUFFER = 256 * 1024;
  private static final Set<PosixFilePermission> READ_DIRECTORY =
      EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_EXECUTE);

  private final DigestFunction function;
  private final Map<Digest, OutputContent> contents = new LinkedHashMap<>();
  private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER);

  public OutputFiles(DigestFunction function) {
    this.function = function;
  }

  /** Takes in a file as it is now. */
  public Digest add(Path file) throws IOException {
    allow(file, EnumSet.of(PosixFilePermission.OWNER_READ));
    long size = Files.size(file);
    Hasher hasher = function.newHasher(size);
    long hashed = 0;
    try (SeekableByteChannel channel =
        Files.newByteChannel(file, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS))) {
      while (channel.read(buffer.clear()) >= 0) {
        hashed += buffer.position();
        hasher.update(buffer.flip());
      }
    }
    if (hashed != size) {
      throw new IOException(file + " changes while it is read");
    }
    Digest digest = new Digest(function, hasher.hash(), size);
    contents.putIfAbsent(digest, new OutputContent.InFile(file));
    return digest;
  }

  /** Takes in a message. */
  Digest add(ByteString bytes) {
    Digest digest = function.digestOf(bytes.toByteArray());
    contents.putIfAbsent(digest, new OutputContent.InMemory(bytes));
    return digest;
  }

  /** Everything that was taken in. */
  Map<Digest, OutputContent> contents() {
    return Collections.unmodifiableMap(contents);
  }

  /** Lets the worker look into a directory that its owner, which it is, may not look into. */
  static void allowListing(Path directory) throws IOException {
    allow(directory, READ_DIRECTORY);
  }

  static boolean isExecutable(Path file) throws IOException {
    return Files.getPosixFilePermissions(file, LinkOption.NOFOLLOW_LINKS)
        .contains(PosixFilePermission.OWNER_EXECUTE);
  }

  private static void allow(Path path, Set<PosixFilePermission> needed) throws IOException {
    Set<PosixFilePermission> permissions =
        Files.getPosixFilePermissions(path, LinkOption.NOFOLLOW_LINKS);
    if (!permissions.containsAll(needed)) {
      Set<PosixFilePermission> extended = EnumSet.copyOf(needed);
      extended.addAll(permissions);
      Files.setPosixFilePermissions(path, extended);
    }
  }
}
