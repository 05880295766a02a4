package dev.millrace.standalone;

import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

/** A process of its own that runs a database until it is killed, which leaves the server behind. */
final class DatabaseHolder {

  static final String READY = "database is up: ";

  private DatabaseHolder() {}

  public static void main(String[] args) throws InterruptedException {
    EmbeddedDatabase database = EmbeddedDatabase.start(Path.of(args[0]));
    System.out.println(READY + database.jdbcUrl());
    new CountDownLatch(1).await();
  }
}
