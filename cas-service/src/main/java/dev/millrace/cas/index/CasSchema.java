package dev.millrace.cas.index;

import javax.sql.DataSource;
import org.flywaydb.core.Flyway;

/** The schema {@code cas}, which nobody but the blob service touches. */
public final class CasSchema {

  private CasSchema() {}

  /** Its migrations, to be run before anything else here is used. */
  public static Flyway migrations(DataSource database) {
    return Flyway.configure()
        .dataSource(database)
        .schemas("cas")
        .table("schema_history")
        .locations("classpath:db/migration/cas")
        .load();
  }
}
