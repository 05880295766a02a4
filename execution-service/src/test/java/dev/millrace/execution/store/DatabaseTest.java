package dev.millrace.execution.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import dev.millrace.failure.Failure;
import dev.millrace.testing.TestDatabase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Whose fault it is when the database refuses. */
final class DatabaseTest {

  private final HikariDataSource pool = new HikariDataSource();
  private final Database database;

  DatabaseTest() {
    pool.setJdbcUrl(TestDatabase.createUrl());
    pool.setMaximumPoolSize(1);
    database = new Database(pool, 1);
  }

  @BeforeEach
  void create() {
    run("create table texts (value text primary key)");
  }

  @AfterEach
  void end() {
    pool.close();
  }

  private void run(String statement) {
    database.run(sql -> {
      int unused = sql.sql(statement).update();
    });
  }

  private void insert(String text) {
    database.run(sql -> {
      int unused = sql.sql("insert into texts values (:text)").param("text", text).update();
    });
  }

  @Test
  void aTextThatCannotBeStoredIsTheCallersFault() {
    assertThatThrownBy(() -> insert("a\0b")).isInstanceOf(Failure.InvalidRequest.class);
    insert("ab");
  }

  @Test
  void aValueThatIsTooLargeForAnIndexIsTheCallersFault() {
    StringBuilder text = new StringBuilder();
    new java.util.SplittableRandom(1)
        .ints(20_000, 32, 127)
        .forEach(character -> text.append((char) character));
    assertThatThrownBy(() -> insert(text.toString())).isInstanceOf(Failure.InvalidRequest.class);
    insert("ab");
  }

  @Test
  void aServerThatTakesNoChangesIsUnavailableAndItsConnectionIsGivenUp() {
    run(
        "do $$ begin execute format('alter database %I set default_transaction_read_only = on',"
            + " current_database()); end $$");
    // As after a failover, connections are to a server that takes no changes.
    pool.getHikariPoolMXBean().softEvictConnections();
    assertThatThrownBy(() -> insert("a")).isInstanceOf(Failure.Unavailable.class);
    database.run(sql -> {
      int unused = sql.sql("set transaction read write").update();
      int off =
          sql.sql(
                  "do $$ begin execute format('alter database %I reset"
                      + " default_transaction_read_only', current_database()); end $$")
              .update();
    });
    // The connection that this was said on still takes no changes.
    assertThatThrownBy(() -> insert("b")).isInstanceOf(Failure.Unavailable.class);
    insert("c");
    assertThat(
            database.<Long>transaction(
                sql -> sql.sql("select count(*) from texts").query(Long.class).single()))
        .isOne();
  }

  @Test
  void aStatementThatTakesTooLongIsUnavailable() {
    assertThatThrownBy(() ->
            database.run(sql -> {
              int unused = sql.sql("set local statement_timeout = 50").update();
              String slept = sql.sql("select pg_sleep(30)::text").query(String.class).single();
            }))
        .isInstanceOf(Failure.Unavailable.class);
  }
}
