package dev.millrace.systemtests;

import com.google.protobuf.ByteString;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * A service that is killed at random moments under load, some of them while it starts, and looked
 * through after each restart.
 */
final class CrashRounds {

  private static final int ASKED_AT_ONCE = 2_000;

  /** Older blobs looked at after each round; after the last one it is all of them. */
  private static final int SAMPLE = 100;

  private final Supplier<ServiceProcess> launches;
  private final int port;
  private final SplittableRandom random;
  private final CrashLedger ledger = new CrashLedger();

  /**
   * @param launches begins to start the service; it need not be ready yet
   * @param port where it serves, in each of its lives
   */
  CrashRounds(Supplier<ServiceProcess> launches, int port, long seed) {
    this.launches = launches;
    this.port = port;
    this.random = new SplittableRandom(seed);
  }

  /** What was promised and not kept. */
  List<String> run(int rounds) {
    for (int round = 0; round < rounds; round++) {
      List<SeededBlob> before = ledger.all();
      liveAndDie();
      if (random.nextInt(4) == 0) {
        dieWhileStarting();
      }
      List<SeededBlob> written = ledger.all();
      written.removeAll(Set.copyOf(before));
      try (ServiceProcess survivor = launches.get()) {
        survivor.awaitReady();
        check(round == rounds - 1 ? ledger.all() : withSample(written));
        survivor.kill();
      }
      System.out.printf(
          "crash round %d: %d blobs sent, %d acknowledged, %d promises broken%n",
          round + 1, ledger.all().size(), ledger.acknowledgedCount(), ledger.violations().size());
    }
    return ledger.violations();
  }

  private void liveAndDie() {
    try (ServiceProcess service = launches.get()) {
      service.awaitReady();
      try (CrashClient client = new CrashClient(port);
          CrashLoad load = new CrashLoad(ledger, client, random.split())) {
        pause(random.nextInt(50, 2_000));
        service.kill();
      }
    }
  }

  private void dieWhileStarting() {
    try (ServiceProcess service = launches.get()) {
      pause(random.nextInt(100, 4_000));
      service.kill();
    }
  }

  private List<SeededBlob> withSample(List<SeededBlob> written) {
    for (int i = 0; i < SAMPLE; i++) {
      ledger.anyAcknowledged(random).ifPresent(written::add);
    }
    return written;
  }

  private void check(List<SeededBlob> blobs) {
    try (CrashClient client = new CrashClient(port)) {
      for (int from = 0; from < blobs.size(); from += ASKED_AT_ONCE) {
        List<SeededBlob> part = blobs.subList(from, Math.min(blobs.size(), from + ASKED_AT_ONCE));
        Set<SeededBlob> present = client.present(part);
        part.forEach(blob -> check(client, blob, present.contains(blob)));
      }
    }
  }

  private void check(CrashClient client, SeededBlob blob, boolean present) {
    Optional<ByteString> content = client.read(blob);
    if (content.isPresent() != present) {
      ledger.violated("reported %s, read %s: %s".formatted(present, content.isPresent(), blob));
    }
    if (content.isPresent() && !content.get().equals(blob.content())) {
      ledger.violated("other content than was sent: " + blob);
    }
    if (content.isEmpty() && ledger.standing(blob) == CrashLedger.Standing.ACKNOWLEDGED) {
      ledger.violated("acknowledged, then lost: " + blob);
    }
  }

  /** The moment of a crash is random, not awaited. */
  private static void pause(int millis) {
    long until = System.nanoTime() + millis * 1_000_000L;
    for (long left = millis * 1_000_000L; left > 0; left = until - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }
}
