package dev.millrace.execution.store;

import dev.millrace.execution.scheduling.Offer;
import dev.millrace.execution.scheduling.Requirements;
import dev.millrace.execution.scheduling.Requirements.Property;
import dev.millrace.execution.scheduling.Resources;
import dev.millrace.instance.InstanceName;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Queues and properties as rows: a list of names beside a list of values. */
final class QueueRows {

  /** One queue: an instance and what its actions ask for. */
  record Queue(long id, InstanceName instance, Requirements requirements) {

    /** What each of its actions takes of a worker. */
    Resources resources() {
      return requirements.resources();
    }
  }

  private QueueRows() {}

  /**
   * The id of a queue, which is made if there is none. Queues are never removed.
   *
   * @param fresh an id that was never used, not even before a failover that lost the latest rows
   */
  static long intern(JdbcClient sql, InstanceName instance, Requirements requirements, long fresh) {
    Optional<Long> found = find(sql, instance, requirements);
    if (found.isPresent()) {
      return found.get();
    }
    int unused =
        sql.sql(
                """
                insert into execution.queues (id, instance, property_names, property_values)
                overriding system value
                values (:id, :instance, cast(:names as text[]), cast(:values as text[]))
                on conflict do nothing
                """)
            .param("id", fresh)
            .param("instance", instance.value())
            .param("names", names(requirements.properties()))
            .param("values", values(requirements.properties()))
            .update();
    // Made by this transaction, or by another one that had to be waited for.
    return find(sql, instance, requirements).orElseThrow();
  }

  private static Optional<Long> find(
      JdbcClient sql, InstanceName instance, Requirements requirements) {
    return sql.sql(
            """
            select id from execution.queues
            where execution.queue_identity(instance, property_names, property_values)
              = execution.queue_identity(:instance, cast(:names as text[]), cast(:values as text[]))
            """)
        .param("instance", instance.value())
        .param("names", names(requirements.properties()))
        .param("values", values(requirements.properties()))
        .query(Long.class)
        .optional();
  }

  static Queue get(JdbcClient sql, long id) {
    return sql.sql("select * from execution.queues where id = :id")
        .param("id", id)
        .query((row, n) -> read(row))
        .single();
  }

  private static Queue read(ResultSet row) throws SQLException {
    return new Queue(
        row.getLong("id"),
        new InstanceName(row.getString("instance")),
        new Requirements(properties(row)));
  }

  /** The offer in a session's row. */
  static Offer offer(ResultSet row) throws SQLException {
    Map<String, Set<String>> offered = new LinkedHashMap<>();
    for (Property property : properties(row)) {
      offered.computeIfAbsent(property.name(), name -> new LinkedHashSet<>()).add(property.value());
    }
    return new Offer(
        new InstanceName(row.getString("instance")), row.getBoolean("serves_below"), offered);
  }

  private static List<Property> properties(ResultSet row) throws SQLException {
    String[] names = strings(row.getArray("property_names"));
    String[] values = strings(row.getArray("property_values"));
    List<Property> properties = new ArrayList<>();
    for (int i = 0; i < names.length; i++) {
      properties.add(new Property(names[i], values[i]));
    }
    return properties;
  }

  static String[] strings(Array array) throws SQLException {
    return (String[]) array.getArray();
  }

  static List<Property> properties(Offer offer) {
    return offer.properties().entrySet().stream()
        .flatMap(e -> e.getValue().stream().map(value -> new Property(e.getKey(), value)))
        .toList();
  }

  static String[] names(List<Property> properties) {
    return properties.stream().map(Property::name).toArray(String[]::new);
  }

  static String[] values(List<Property> properties) {
    return properties.stream().map(Property::value).toArray(String[]::new);
  }
}
