package dev.millrace.execution.store;

import javax.sql.DataSource;
import org.flywaydb.core.Flyway;

/** Brings the service's schema to the version that this code works with. */
public final class ExecutionMigration {

  private ExecutionMigration() {}

  /** The migration, not yet run; its history is in the schema itself. */
  public static Flyway of(DataSource dataSource) {
    return Flyway.configure()
        .dataSource(dataSource)
        .locations("classpath:db/migration/execution")
        .schemas("execution")
        .load();
  }
}
