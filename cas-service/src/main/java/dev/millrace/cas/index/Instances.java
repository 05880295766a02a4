package dev.millrace.cas.index;

import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * The numbers that instances have in the index. In one database a number never changes, so each is
 * read once, and again if a statement finds that it is not the number any more.
 */
final class Instances {

  private static final Logger LOG = LoggerFactory.getLogger(Instances.class);

  private final IndexDatabase database;
  private final Map<InstanceName, Interned> known = new ConcurrentHashMap<>();

  Instances(IndexDatabase database) {
    this.database = database;
  }

  /** The number of an instance that something was written to; none of any other. */
  Optional<Interned> find(InstanceName instance) {
    Interned number = known.get(instance);
    if (number != null) {
      return Optional.of(number);
    }
    Optional<Interned> found = database.query(client -> select(client, instance));
    found.ifPresent(n -> known.put(instance, n));
    return found;
  }

  /** The number of an instance, which is given one if it has none. */
  Interned intern(InstanceName instance) {
    return find(instance)
        .orElseGet(() -> {
          int unused =
              database.query(client ->
                  client
                      .sql(
                          "insert into cas.instances (name, name_hash) values (?, ?)"
                              + " on conflict do nothing")
                      .param(instance.value())
                      .param(NameHash.of(instance.value()))
                      .update());
          return find(instance).orElseThrow();
        });
  }

  /**
   * Looks whether a number is still right.
   *
   * @throws Failure.Unavailable if it is not; the next call goes by the right one
   */
  void requireCurrent(JdbcClient client, Interned number) {
    if (!select(client, number.name()).equals(Optional.of(number))) {
      throw stale(number);
    }
  }

  /** Forgets a number that is not right any more; returns what the caller is to be told. */
  Failure stale(Interned number) {
    if (known.remove(number.name(), number)) {
      LOG.warn(
          "Instance '{}' has not the number {} any more: the database was replaced or restored",
          number.name(),
          number.number());
    }
    return new Failure.Unavailable("the index of blobs was replaced", /* cause= */ null);
  }

  private static Optional<Interned> select(JdbcClient client, InstanceName instance) {
    byte[] hash = NameHash.of(instance.value());
    return client
        .sql("select id from cas.instances where name_hash = ?")
        .param(hash)
        .query(Integer.class)
        .optional()
        .map(id -> new Interned(instance, id, hash));
  }
}
