package dev.millrace.standalone;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A PostgreSQL of our own under the data directory: durable (fsync on), on loopback, behind a
 * password that only the directory's owner can read. Survives the loss of this process: one that
 * was left running by a killed predecessor is stopped before this one starts.
 */
final class EmbeddedDatabase implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(EmbeddedDatabase.class);
  private static final Duration START_LIMIT = Duration.ofSeconds(60);
  private static final String USER = "postgres";

  private final EmbeddedPostgres server;
  private final String password;

  private EmbeddedDatabase(EmbeddedPostgres server, String password) {
    this.server = server;
    this.password = password;
  }

  /** Starts on {@code directory}, which the caller holds the lock of. */
  static EmbeddedDatabase start(Path directory) {
    Path data = directory.resolve("data");
    try {
      Files.createDirectories(directory);
      Postmaster.runningOn(data).ifPresent(Postmaster::stop);
      DatabasePassword password = DatabasePassword.under(directory);
      EmbeddedPostgres server =
          EmbeddedPostgres.builder()
              .setOverrideWorkingDirectory(directory.resolve("binaries").toFile())
              .setDataDirectory(data)
              .setCleanDataDirectory(false)
              .setPGStartupWait(START_LIMIT)
              // It is closed after those who use it, not beside them as the process ends.
              .setRegisterShutdownHook(false)
              .setConnectConfig("password", password.value())
              // The library is made for tests and turns these off.
              .setServerConfig("fsync", "on")
              .setServerConfig("synchronous_commit", "on")
              .setServerConfig("full_page_writes", "on")
              .setServerConfig("max_connections", "60")
              .setServerConfig("shared_buffers", "32MB")
              .start();
      EmbeddedDatabase database = new EmbeddedDatabase(server, password.value());
      database.requirePassword(data.resolve("pg_hba.conf"));
      log.info("PostgreSQL runs on port {} with its data in {}", server.getPort(), data);
      return database;
    } catch (IOException e) {
      throw new UncheckedIOException("PostgreSQL did not start in " + directory, e);
    }
  }

  /** New data directories trust everybody on the machine; this closes them, once. */
  private void requirePassword(Path hostBasedAuthentication) throws IOException {
    String rules =
        """
        # Written by Millrace: nobody gets in without the password beside this directory.
        local all all scram-sha-256
        host all all 127.0.0.1/32 scram-sha-256
        host all all ::1/128 scram-sha-256
        """;
    if (Files.readString(hostBasedAuthentication).equals(rules)) {
      return;
    }
    try (Connection connection = server.getPostgresDatabase().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("alter user postgres password '" + password + "'");
      Files.writeString(hostBasedAuthentication, rules);
      statement.execute("select pg_reload_conf()");
    } catch (SQLException e) {
      throw new IllegalStateException("cannot set the database's password", e);
    }
  }

  String jdbcUrl() {
    return "jdbc:postgresql://127.0.0.1:" + server.getPort() + "/postgres";
  }

  String user() {
    return USER;
  }

  String password() {
    return password;
  }

  @Override
  public void close() {
    try {
      server.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
