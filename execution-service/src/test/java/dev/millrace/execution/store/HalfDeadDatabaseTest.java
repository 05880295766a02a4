package dev.millrace.execution.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import dev.millrace.failure.Failure;
import dev.millrace.testing.TestDatabase;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What becomes of connections to a server that is gone without a word. */
final class HalfDeadDatabaseTest {

  private static final Duration SHORT = Duration.ofMillis(100);

  private final URI server = URI.create(TestDatabase.createUrl().substring("jdbc:".length()));
  private final Changes changes = new Changes();
  private StallingProxy proxy;
  private HikariDataSource pool;
  private HikariDataSource direct;

  @BeforeEach
  void connect() throws IOException {
    proxy = new StallingProxy(server.getPort());
    pool = pool(proxy.port());
    direct = pool(server.getPort());
  }

  private HikariDataSource pool(int port) {
    HikariDataSource source = new HikariDataSource();
    source.setJdbcUrl(
        "jdbc:postgresql://127.0.0.1:%d%s?%s".formatted(port, server.getPath(), server.getQuery()));
    source.setMaximumPoolSize(2);
    source.setConnectionTimeout(5000);
    source.setValidationTimeout(500);
    source.addDataSourceProperty("socketTimeout", "2");
    return source;
  }

  @AfterEach
  void end() throws IOException {
    changes.close();
    proxy.close();
    pool.close();
    direct.close();
  }

  @Test
  void aListenerNoticesThatNothingCanBeHeardAndListensAnew() {
    Database elsewhere = new Database(direct, 1);
    try (Changes.Subscription subscription = changes.subscribe("topic");
        ChangeListener listener =
            new ChangeListener(new Database(pool, 1), changes, SHORT).start()) {
      assertHeard(elsewhere, subscription);
      proxy.stall();
      assertHeard(elsewhere, subscription);
      assertThat(listener).isNotNull();
    }
  }

  /** Wake-ups for other reasons are passed over: only a new connection to the server can hear. */
  private void assertHeard(Database elsewhere, Changes.Subscription subscription) {
    try (Changes.Subscription other = changes.subscribe("other")) {
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> {
            drain(other);
            drain(subscription);
            elsewhere.run(sql -> Database.announce(sql, "topic"));
            boolean heard = subscription.await(Duration.ofMillis(500));
            // Everybody is woken now and then; then nothing was heard in particular.
            return heard && !other.await(Duration.ZERO);
          });
    }
  }

  private static void drain(Changes.Subscription subscription) {
    boolean unused = subscription.await(Duration.ZERO);
  }

  @Test
  void aCallerIsToldSoAndTheNextOneIsServed() {
    Database database = new Database(pool, 1);
    assertThat(ask(database)).isOne();
    assertThatThrownBy(() ->
            database.run(sql -> {
              proxy.stall();
              int unused = sql.sql("select 1").query(Integer.class).single();
            }))
        .isInstanceOf(Failure.Unavailable.class);
    assertThat(ask(database)).isOne();
  }

  private static int ask(Database database) {
    return database.transaction(sql -> sql.sql("select 1").query(Integer.class).single());
  }
}
