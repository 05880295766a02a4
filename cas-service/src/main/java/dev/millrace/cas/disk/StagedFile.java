package dev.millrace.cas.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The file of an upload that an earlier run left.
 *
 * @param written how much of the blob is in it
 */
record StagedFile(Path path, StagedName name, StagedHeader header, long written, Instant touched) {

  /**
   * Finds the files in a directory, and deletes those that are of no use: damaged ones, all but the
   * last of an upload, and the longest untouched of those that are too many.
   *
   * @param mostBytes that their blobs may take, unless it is a single one
   */
  static List<StagedFile> in(Path directory, long mostBytes) throws IOException {
    List<StagedFile> useful = new ArrayList<>();
    long bytes = 0;
    for (StagedFile file : newestFirst(sound(directory))) {
      long size = file.header().size();
      if (bytes == 0 || size <= mostBytes - bytes) {
        bytes += size;
        useful.add(file);
      } else {
        Files.delete(file.path());
      }
    }
    return useful;
  }

  private static List<StagedFile> newestFirst(List<StagedFile> sound) throws IOException {
    Map<Fingerprint, StagedFile> last = new HashMap<>();
    sound.sort(Comparator.comparingLong((StagedFile file) -> file.name().attempt()).reversed());
    for (StagedFile file : sound) {
      if (last.putIfAbsent(file.name().upload(), file) != null) {
        Files.delete(file.path());
      }
    }
    return last.values().stream()
        .sorted(Comparator.comparing(StagedFile::touched).reversed())
        .toList();
  }

  private static List<StagedFile> sound(Path directory) throws IOException {
    List<StagedFile> sound = new ArrayList<>();
    List<Path> paths;
    try (Stream<Path> entries = Files.list(directory)) {
      paths = entries.toList();
    }
    for (Path path : paths) {
      Optional<StagedName> name = StagedName.of(path);
      if (name.isPresent()) {
        Optional<StagedFile> file = read(path, name.get());
        if (file.isPresent()) {
          sound.add(file.get());
        } else {
          Files.delete(path);
        }
      }
    }
    return sound;
  }

  private static Optional<StagedFile> read(Path path, StagedName name) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(StagedHeader.BYTES);
    BlockFile file = BlockFile.open(path);
    long written;
    try {
      file.read(0, bytes);
      written = StagedUpload.payloadOf(file.size());
    } finally {
      file.close();
    }
    Instant touched = Files.getLastModifiedTime(path).toInstant();
    return StagedHeader.decode(bytes.flip())
        .filter(header -> header.upload().equals(name.upload()))
        .filter(header -> header.size() > 0 && written <= header.size())
        .map(header -> new StagedFile(path, name, header, written, touched));
  }
}
