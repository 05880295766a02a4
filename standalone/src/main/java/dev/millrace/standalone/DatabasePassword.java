package dev.millrace.standalone;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;

/** The embedded database's password: made once, readable by the directory's owner alone. */
record DatabasePassword(String value) {

  private static final int BYTES = 24;

  static DatabasePassword under(Path directory) throws IOException {
    Path file = directory.resolve("password");
    if (Files.notExists(file)) {
      byte[] random = new byte[BYTES];
      new SecureRandom().nextBytes(random);
      Path whole =
          Files.createTempFile(
              directory,
              "password",
              null,
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.writeString(whole, HexFormat.of().formatHex(random));
      Files.move(whole, file, StandardCopyOption.ATOMIC_MOVE);
    }
    return new DatabasePassword(Files.readString(file).strip());
  }

  @Override
  public String toString() {
    return "DatabasePassword[hidden]";
  }
}
