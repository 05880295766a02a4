package dev.millrace.worker.filecache;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What ordinary writing to a file changes. Equal stamps mean that nobody wrote through one of the
 * file's links, short of somebody who set the times back on purpose; where that must be reckoned
 * with, inputs are to be copied instead of linked.
 */
public record Stamp(
    @Nullable Object inode, long size, FileTime modified, Set<PosixFilePermission> permissions) {

  public Stamp {
    permissions = Set.copyOf(permissions);
  }

  public static Stamp of(Path file) throws IOException {
    PosixFileAttributes attributes =
        Files.readAttributes(file, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    return new Stamp(
        attributes.fileKey(),
        attributes.size(),
        attributes.lastModifiedTime(),
        attributes.permissions());
  }

  /** Whether this is the same file as before, but with other content by all appearances. */
  public boolean isWrittenSince(Stamp before) {
    return Objects.equals(inode, before.inode)
        && (size != before.size || !modified.equals(before.modified));
  }
}
