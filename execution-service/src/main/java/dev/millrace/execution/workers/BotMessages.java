package dev.millrace.execution.workers;

import build.bazel.remote.execution.v2.ExecutedActionMetadata;
import com.google.devtools.remoteworkers.v1test2.BotSession;
import com.google.devtools.remoteworkers.v1test2.BotStatus;
import com.google.devtools.remoteworkers.v1test2.Device;
import com.google.devtools.remoteworkers.v1test2.Lease;
import com.google.devtools.remoteworkers.v1test2.LeaseState;
import com.google.devtools.remoteworkers.v1test2.Worker;
import com.google.protobuf.Any;
import com.google.protobuf.Timestamp;
import dev.millrace.execution.scheduling.Offer;
import dev.millrace.execution.store.HeldLease;
import dev.millrace.execution.store.LeaseReport;
import dev.millrace.execution.store.StoredText;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** What bots say and what they are told, to and from the values that are kept of it. */
final class BotMessages {

  /** A setting of bots: how many leases they work on at once. */
  private static final String CAPACITY = "capacity";

  /** What a lease requires beyond its payload: the function that all its digests are of. */
  private static final String DIGEST_FUNCTION = "digest-function";

  /** What a lease requires beyond its payload: whose blobs it reads and writes. */
  private static final String INSTANCE = "instance";

  /**
   * A setting of bots that heed {@link #INSTANCE}: they work for the instances below their own,
   * too.
   */
  private static final String INSTANCES = "instances";

  private static final String BELOW = "below";
  private static final String WORKER = "bot_session.worker";
  private static final int MAX_CAPACITY = 10_000;

  private BotMessages() {}

  static dev.millrace.execution.store.BotSession session(
      InstanceName instance, BotSession session) {
    if (session.getBotId().isEmpty()) {
      throw new Failure.InvalidRequest("bot_session.bot_id", "must not be empty");
    }
    return new dev.millrace.execution.store.BotSession(
        instance,
        StoredText.name("bot_session.bot_id", session.getBotId()),
        offer(instance, session.getWorker()),
        capacity(session.getWorker()),
        acceptsWork(session.getStatus()));
  }

  /** A bot that says nothing of its state is ready. */
  private static boolean acceptsWork(BotStatus status) {
    return status == BotStatus.OK || status == BotStatus.BOT_STATUS_UNSPECIFIED;
  }

  static boolean isLeaving(BotStatus status) {
    return status == BotStatus.BOT_TERMINATING || status == BotStatus.HOST_REBOOTING;
  }

  /** Properties of the worker as a whole and of the machine that the bot runs on. */
  private static Offer offer(InstanceName instance, Worker worker) {
    Map<String, Set<String>> offered = new LinkedHashMap<>();
    long bytes = 0;
    for (Worker.Property property : worker.getPropertiesList()) {
      bytes += add(offered, property.getKey(), property.getValue());
    }
    if (worker.getDevicesCount() > 0) {
      for (Device.Property property : worker.getDevices(0).getPropertiesList()) {
        bytes += add(offered, property.getKey(), property.getValue());
      }
    }
    StoredText.properties(WORKER, bytes);
    boolean below =
        worker.getConfigsList().stream()
            .anyMatch(c -> c.getKey().equals(INSTANCES) && c.getValue().equals(BELOW));
    return new Offer(instance, below, offered);
  }

  /** Returns how much it adds. */
  private static int add(Map<String, Set<String>> offered, String key, String value) {
    if (key.isEmpty()) {
      throw new Failure.InvalidRequest(WORKER, "a property has no key");
    }
    int bytes = StoredText.bytes(WORKER, key) + StoredText.bytes(WORKER, value);
    boolean fresh = offered.computeIfAbsent(key, name -> new LinkedHashSet<>()).add(value);
    return fresh ? bytes : 0;
  }

  private static int capacity(Worker worker) {
    Optional<String> configured =
        worker.getConfigsList().stream()
            .filter(config -> config.getKey().equals(CAPACITY))
            .map(Worker.Config::getValue)
            .findFirst();
    if (configured.isEmpty()) {
      return 1;
    }
    try {
      int capacity = Integer.parseInt(configured.get());
      if (capacity >= 0 && capacity <= MAX_CAPACITY) {
        return capacity;
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw new Failure.InvalidRequest(
        "bot_session.worker.configs",
        "capacity must be a number from 0 to %d, is '%s'"
            .formatted(MAX_CAPACITY, configured.get()));
  }

  /** The id of a lease that may be ours. */
  static Optional<UUID> id(Lease lease) {
    try {
      return Optional.of(UUID.fromString(lease.getId()));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  static Optional<LeaseReport> report(Lease lease, Map<String, ExecutedActionMetadata> partial) {
    HeldLease.State state =
        switch (lease.getState()) {
          case ACTIVE -> HeldLease.State.ACTIVE;
          case CANCELLED -> HeldLease.State.CANCELLED;
          case PENDING, LEASE_STATE_UNSPECIFIED, COMPLETED, UNRECOGNIZED -> HeldLease.State.PENDING;
        };
    return id(lease)
        .map(id -> new LeaseReport(id, state, Optional.ofNullable(partial.get(lease.getId()))));
  }

  /** A lease that the bot does not know of yet. */
  static Lease offered(HeldLease held) {
    return Lease.newBuilder()
        .setId(held.id().toString())
        .setPayload(Any.pack(held.action()))
        .setState(LeaseState.PENDING)
        .setRequirements(
            Worker.newBuilder()
                .addProperties(property(DIGEST_FUNCTION, held.function().name()))
                .addProperties(property(INSTANCE, held.instance().value())))
        .setExpireTime(timestamp(held.expiresAt()))
        .build();
  }

  private static Worker.Property property(String key, String value) {
    return Worker.Property.newBuilder().setKey(key).setValue(value).build();
  }

  static Timestamp timestamp(Instant instant) {
    return Timestamp.newBuilder()
        .setSeconds(instant.getEpochSecond())
        .setNanos(instant.getNano())
        .build();
  }
}
