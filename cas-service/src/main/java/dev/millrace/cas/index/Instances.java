package dev.millrace.cas.index;

import dev.millrace.instance.InstanceName;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The numbers that instances have in the index. A number never changes, so each is read once. */
final class Instances {

  private final IndexDatabase database;
  private final Map<InstanceName, Integer> known = new ConcurrentHashMap<>();

  Instances(IndexDatabase database) {
    this.database = database;
  }

  /** The number of an instance that something was written to; none of any other. */
  OptionalInt find(InstanceName instance) {
    Integer number = known.get(instance);
    if (number != null) {
      return OptionalInt.of(number);
    }
    OptionalInt found = database.query(client -> select(client, instance));
    found.ifPresent(n -> known.put(instance, n));
    return found;
  }

  /** The number of an instance, which is given one if it has none. */
  int intern(InstanceName instance) {
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

  private static OptionalInt select(JdbcClient client, InstanceName instance) {
    return client
        .sql("select id from cas.instances where name_hash = ?")
        .param(NameHash.of(instance.value()))
        .query(Integer.class)
        .optional()
        .map(OptionalInt::of)
        .orElse(OptionalInt.empty());
  }
}
