package dev.millrace.cas.index;

import java.util.UUID;

/** Who this database is, so that a bucket can tell whether it belongs to it. */
public final class BucketOwner {

  private final IndexDatabase database;

  public BucketOwner(IndexDatabase database) {
    this.database = database;
  }

  /** Whether a bucket has been made this database's. */
  public boolean hasBucket() {
    return database.query(
        client -> client.sql("select has_bucket from cas.owner").query(Boolean.class).single());
  }

  public void rememberBucket() {
    int unused =
        database.query(client -> client.sql("update cas.owner set has_bucket = true").update());
  }

  /** Made with the schema, and the same ever after. */
  public UUID id() {
    return database.query(
        client -> client.sql("select id from cas.owner").query(UUID.class).single());
  }
}
