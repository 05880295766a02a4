package dev.millrace.actions.store;

import dev.millrace.database.DatabaseGate;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Takes results back, however many, in statements of bounded size: a build in between waits for one
 * of them at most. What was taken back is announced to all replicas together with its deletion, so
 * that neither happens without the other.
 */
public final class ResultRevocations {

  private static final Logger log = LoggerFactory.getLogger(ResultRevocations.class);
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final JdbcClient database;
  private final DatabaseGate gate = new DatabaseGate("revocations", 1, PATIENCE);
  private final int batchSize;

  /**
   * @param database with the schema of {@link ActionCacheSchema}
   * @param batchSize the most results that one statement deletes
   */
  public ResultRevocations(DataSource database, int batchSize) {
    this.database = JdbcClient.create(database);
    this.batchSize = batchSize;
  }

  /** How many results would be taken back. */
  public long count(ResultSelection selection) {
    Criteria criteria = Criteria.of(selection);
    return gate.pass(() ->
        database
            .sql("select count(*) from actioncache.results where " + criteria.condition())
            .params(criteria.parameters())
            .query(Long.class)
            .single());
  }

  /**
   * Takes results back, and says how many. If it fails in the middle, what is gone is gone, and
   * repeating it goes on with the rest.
   */
  public long revoke(ResultSelection selection) {
    Criteria criteria = Criteria.of(selection);
    long revoked = 0;
    Batch batch;
    do {
      batch = delete(criteria);
      revoked += batch.gone();
      // Until nothing is left: a row that somebody overwrote meanwhile is chosen, but gone only
      // after
      // another look.
    } while (batch.chosen() > 0);
    log.info("{} results were revoked: {}", revoked, selection);
    return revoked;
  }

  /** What a statement found, and what of that it deleted. */
  private record Batch(long chosen, long gone) {}

  private Batch delete(Criteria criteria) {
    return gate.pass(() ->
        database
            .sql(
                """
                with chosen as (
                  select ctid as place from actioncache.results where %s limit :batch for update),
                gone as (
                  delete from actioncache.results
                   where ctid = any (array(select place from chosen)) returning 1),
                told as (
                  select pg_notify(:channel, '') from (select 1 from gone limit 1) as one)
                select (select count(*) from chosen) as chosen,
                  (select count(*) from gone) + 0 * (select count(*) from told) as gone
                """
                    .formatted(criteria.condition()))
            .params(criteria.parameters())
            .param("batch", batchSize)
            .param("channel", ResultChanges.CHANNEL)
            .query((row, _) -> new Batch(row.getLong("chosen"), row.getLong("gone")))
            .single());
  }

  /** A selection in SQL. */
  private record Criteria(String condition, Map<String, Object> parameters) {

    static Criteria of(ResultSelection selection) {
      List<String> conditions = new ArrayList<>();
      Map<String, Object> parameters = new LinkedHashMap<>();
      if (selection.instance() != null) {
        conditions.add("instance = :instance");
        parameters.put("instance", selection.instance().value());
      }
      name("team", selection.team(), conditions, parameters);
      name("token", selection.token(), conditions, parameters);
      name("worker", selection.worker(), conditions, parameters);
      name("invocation", selection.invocation(), conditions, parameters);
      time("created_at >= :from", "from", selection.from(), conditions, parameters);
      time("created_at < :until", "until", selection.until(), conditions, parameters);
      return new Criteria(String.join(" and ", conditions), parameters);
    }

    private static void name(
        String column,
        @Nullable String value,
        List<String> conditions,
        Map<String, Object> parameters) {
      if (value != null && !ResultSelection.isUnset(value)) {
        // Said twice, as the indexes leave out what is empty.
        conditions.add("%1$s = :%1$s and %1$s <> ''".formatted(column));
        parameters.put(column, NewResult.storable(value));
      }
    }

    private static void time(
        String condition,
        String parameter,
        @Nullable Instant value,
        List<String> conditions,
        Map<String, Object> parameters) {
      if (value != null) {
        conditions.add(condition);
        parameters.put(parameter, value.atOffset(ZoneOffset.UTC));
      }
    }
  }
}
