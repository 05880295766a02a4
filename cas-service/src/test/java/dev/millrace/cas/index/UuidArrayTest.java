package dev.millrace.cas.index;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.testing.TestDatabase;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;

final class UuidArrayTest {

  private final JdbcClient sql = JdbcClient.create(TestDatabase.create());

  @Test
  void postgresReadsWhatWasSent() {
    List<UUID> elements = List.of(new UUID(0, 0), new UUID(-1, 1), UUID.randomUUID());
    assertThat(read(elements)).isEqualTo(elements);
    assertThat(read(List.of())).isEmpty();
  }

  private List<UUID> read(List<UUID> elements) {
    return sql.sql("select unnest(:elements)")
        .param("elements", new UuidArray(elements))
        .query(UUID.class)
        .list();
  }
}
