package dev.millrace.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class EmbeddedDatabaseTest {

  @TempDir Path directory;

  @Test
  void rowsAreThereAfterARestart() throws Exception {
    try (EmbeddedDatabase database = EmbeddedDatabase.start(directory)) {
      execute(database, "create table kept (n int)");
      execute(database, "insert into kept values (42)");
    }
    try (EmbeddedDatabase database = EmbeddedDatabase.start(directory)) {
      assertThat(query(database, "select n from kept")).isEqualTo("42");
    }
  }

  @Test
  void aServerLeftRunningByAKilledProcessIsReplaced() throws Exception {
    Process holder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                DatabaseHolder.class.getName(),
                directory.toString())
            .redirectErrorStream(true)
            .start();
    String url;
    try (BufferedReader output = holder.inputReader()) {
      url =
          output
              .lines()
              .filter(line -> line.startsWith(DatabaseHolder.READY))
              .findFirst()
              .orElseThrow()
              .substring(DatabaseHolder.READY.length());
      holder.destroyForcibly().waitFor();
    }
    String password = DatabasePassword.under(directory).value();
    try (Connection orphan = DriverManager.getConnection(url, "postgres", password);
        Statement statement = orphan.createStatement()) {
      statement.execute("create table kept (n int)");
      statement.execute("insert into kept values (7)");
      try (EmbeddedDatabase database = EmbeddedDatabase.start(directory)) {
        assertThat(query(database, "select n from kept")).isEqualTo("7");
      }
    }
  }

  @Test
  void committedRowsAreDurable() throws Exception {
    try (EmbeddedDatabase database = EmbeddedDatabase.start(directory)) {
      assertThat(query(database, "show fsync")).isEqualTo("on");
      assertThat(query(database, "show synchronous_commit")).isEqualTo("on");
    }
  }

  @Test
  void nobodyGetsInWithoutThePassword() throws Exception {
    try (EmbeddedDatabase database = EmbeddedDatabase.start(directory)) {
      assertThatThrownBy(
              () -> DriverManager.getConnection(database.jdbcUrl(), database.user(), "guess"))
          .isInstanceOf(SQLException.class)
          .hasMessageContaining("password authentication failed");
    }
  }

  private static void execute(EmbeddedDatabase database, String sql) throws SQLException {
    try (Connection connection = connect(database);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static String query(EmbeddedDatabase database, String sql) throws SQLException {
    try (Connection connection = connect(database);
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      assertThat(rows.next()).isTrue();
      return rows.getString(1);
    }
  }

  private static Connection connect(EmbeddedDatabase database) throws SQLException {
    return DriverManager.getConnection(database.jdbcUrl(), database.user(), database.password());
  }
}
