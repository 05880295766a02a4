package dev.millrace.execution.store;

import javax.sql.DataSource;
import org.flywaydb.core.Flyway;

/** The schema {@code execution}, which nobody but this service touches. */
public final class ExecutionSchema {

  private ExecutionSchema() {}

  /** Its migrations, to be run before anything else here is used. */
  public static Flyway migrations(DataSource database) {
    return Flyway.configure()
        .dataSource(database)
        .schemas("execution")
        .table("schema_history")
        .locations("classpath:db/migration/execution")
        .load();
  }
}
