package dev.millrace.execution.store;

import static java.util.Objects.requireNonNull;

import build.bazel.remote.execution.v2.ExecutedActionMetadata;
import com.google.rpc.Code;
import dev.millrace.execution.scheduling.AttemptPolicy;
import dev.millrace.execution.store.HeldLease.State;
import dev.millrace.execution.store.LeaseRows.Held;
import dev.millrace.execution.store.LeaseRows.Problem;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * What reports say beyond that bots still have their leases: how far they are, and what they
 * stopped themselves. Few do, and what was said before is not written again.
 */
record ReportedNews(AttemptPolicy attempts, Instant now) {

  /** Takes the news of all reports, whose sessions are renewed already. */
  void take(JdbcClient sql, List<BotReport> reports) {
    Map<Held, ExecutedActionMetadata> told = new LinkedHashMap<>();
    List<Held> stopped = new ArrayList<>();
    for (BotReport report : reports) {
      for (LeaseReport lease : report.leases()) {
        Held held = new Held(lease.id(), report.session());
        if (lease.state() == State.CANCELLED) {
          stopped.add(held);
        } else if (lease.state() == State.ACTIVE) {
          lease.partialMetadata().ifPresent(partial -> told.put(held, partial));
        }
      }
    }
    forgetKnown(sql, told);
    if (told.isEmpty() && stopped.isEmpty()) {
      return;
    }
    List<Held> concerned = new ArrayList<>(told.keySet());
    concerned.addAll(stopped);
    Map<Held, Task> tasks = LeaseRows.lockTasksOf(sql, concerned);
    told.keySet().removeAll(stopped);
    told.keySet().retainAll(tasks.keySet());
    keep(sql, told, tasks);
    stop(sql, stopped, tasks);
  }

  private static void forgetKnown(JdbcClient sql, Map<Held, ExecutedActionMetadata> told) {
    if (!told.isEmpty()) {
      Map<Held, Task> tasks = LeaseRows.tasksOf(sql, told.keySet());
      boolean unused =
          told.entrySet()
              .removeIf(entry -> {
                Task task = tasks.get(entry.getKey());
                return task == null || task.partialMetadata().equals(entry.getValue());
              });
    }
  }

  /** Of two bots that race for an action the first one is listened to. */
  private static void keep(
      JdbcClient sql, Map<Held, ExecutedActionMetadata> told, Map<Held, Task> tasks) {
    if (told.isEmpty()) {
      return;
    }
    Columns<Map.Entry<Held, ExecutedActionMetadata>> columns = new Columns<>(told.entrySet());
    List<UUID> changed =
        sql.sql(
                """
                update execution.tasks t set partial_metadata = r.partial
                from unnest(cast(:task as uuid[]), cast(:lease as uuid[]),
                  cast(:partial as bytea[])) as r(task, lease, partial)
                where t.id = r.task and t.stage = 'EXECUTING' and t.lease = r.lease
                returning t.id
                """)
            .param(
                "task", columns.texts(e -> requireNonNull(tasks.get(e.getKey())).id().toString()))
            .param("lease", columns.texts(e -> e.getKey().lease().toString()))
            .param("partial", columns.bytes(e -> e.getValue().toByteArray()))
            .query((row, n) -> row.getObject("id", UUID.class))
            .list();
    Database.announce(sql, changed.stream().map(Changes::task).toList());
  }

  private void stop(JdbcClient sql, List<Held> stopped, Map<Held, Task> tasks) {
    Set<UUID> ended = new HashSet<>();
    for (Held held : stopped) {
      @Nullable Task task = tasks.get(held);
      if (task == null) {
        drop(sql, held);
      } else if (ended.add(held.lease())) {
        Problem problem = new Problem(Code.UNAVAILABLE, "the worker stopped the action itself");
        LeaseRows.fail(sql, task, held.lease(), problem, attempts, now);
      }
    }
  }

  private static void drop(JdbcClient sql, Held held) {
    int unused =
        sql.sql("delete from execution.leases where id = :id and session = :session")
            .param("id", held.lease())
            .param("session", held.session())
            .update();
  }
}
