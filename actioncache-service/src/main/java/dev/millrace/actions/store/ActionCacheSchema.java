package dev.millrace.actions.store;

import javax.sql.DataSource;
import org.flywaydb.core.Flyway;

/** The schema {@code actioncache}, which nobody but this service touches. */
public final class ActionCacheSchema {

  private ActionCacheSchema() {}

  /** Its migrations, to be run before a {@link PostgresActionCache} is used. */
  public static Flyway migrations(DataSource database) {
    return Flyway.configure()
        .dataSource(database)
        .schemas("actioncache")
        .table("schema_history")
        .locations("classpath:db/migration/actioncache")
        .load();
  }
}
