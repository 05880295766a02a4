package dev.millrace.execution.store;

import build.bazel.remote.execution.v2.Action;
import dev.millrace.actioncache.inlining.InliningWishes;
import dev.millrace.digest.DigestFunction;
import dev.millrace.execution.operation.OperationName;
import dev.millrace.execution.scheduling.AttemptPolicy;
import dev.millrace.execution.scheduling.FairShare;
import dev.millrace.execution.scheduling.Offer;
import dev.millrace.execution.scheduling.Requirements;
import dev.millrace.execution.scheduling.TeamShare;
import dev.millrace.execution.scheduling.TimeoutPolicy;
import dev.millrace.execution.store.Submission.Origin;
import dev.millrace.instance.InstanceName;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import javax.sql.DataSource;

/** The stores of one replica, and what they are filled with in tests. */
final class Stores {

  static final Duration EXPIRY = Duration.ofSeconds(30);
  static final Duration GRACE = Duration.ofMinutes(1);

  final Database database;
  final OperationStore operations;
  final LeaseStore leases;
  final SessionStore sessions;

  Stores(DataSource source, Clock clock) {
    database = new Database(source, 8);
    AttemptPolicy attempts = new AttemptPolicy(3);
    TimeoutPolicy timeouts =
        new TimeoutPolicy(Duration.ofHours(1), Duration.ofHours(6), Duration.ofMinutes(15));
    FairShare shares = new FairShare(Map.of(), TeamShare.EQUAL, Duration.ofMinutes(1));
    operations = new OperationStore(database, clock, UUID::randomUUID, GRACE);
    leases = new LeaseStore(database, clock, UUID::randomUUID, attempts, timeouts, EXPIRY, shares);
    sessions = new SessionStore(database, clock, UUID::randomUUID, attempts, EXPIRY);
  }

  static Submission submission(String action) {
    return submission(action, 0, Requirements.NONE);
  }

  static Submission submission(String action, int priority, Requirements requirements) {
    return new Submission(
        InstanceName.ROOT,
        DigestFunction.SHA256.digestOf(action.getBytes(StandardCharsets.UTF_8)),
        Action.getDefaultInstance(),
        requirements,
        /* mergeable= */ true,
        /* doNotCache= */ false,
        priority,
        Duration.ofHours(1),
        Origin.UNKNOWN);
  }

  OperationName submit(String action) {
    return operations.submit(submission(action), InliningWishes.NONE).name();
  }

  static BotSession bot(String id, int capacity) {
    return new BotSession(
        InstanceName.ROOT, id, new Offer(InstanceName.ROOT, Map.of()), capacity, true);
  }

  /** A bot that was given all that it has room for. */
  String busy(String id, int capacity) {
    String session = sessions.open(bot(id, capacity));
    Object unused = leases.assignTo(List.of(session));
    return session;
  }
}
