package dev.millrace.systemtests;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Callers that write, continue, ask for and read blobs until the server is gone, and enter in the
 * ledger what it acknowledges. A broken connection is no fault; a wrong byte, an absent blob that
 * was acknowledged, and any other status are.
 */
final class CrashLoad implements AutoCloseable {

  private static final int CALLERS = 6;
  private static final int LARGEST_BYTES = 3 * 1024 * 1024;
  private static final Set<Status.Code> OF_A_DYING_SERVER =
      Set.of(Status.Code.UNAVAILABLE, Status.Code.CANCELLED, Status.Code.RESOURCE_EXHAUSTED);

  private final CrashLedger ledger;
  private final CrashClient client;
  private final ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor();
  private volatile boolean over;

  CrashLoad(CrashLedger ledger, CrashClient client, SplittableRandom random) {
    this.ledger = ledger;
    this.client = client;
    for (int i = 0; i < CALLERS; i++) {
      SplittableRandom own = random.split();
      callers.execute(() -> call(own));
    }
  }

  private void call(SplittableRandom random) {
    while (!over) {
      try {
        switch (random.nextInt(7)) {
          case 0, 1 -> updateBatch(random);
          case 2 -> writeWhole(random);
          case 3 -> writeInParts(random);
          case 4 -> goOn();
          case 5 -> ask(random);
          default -> read(random);
        }
      } catch (StatusRuntimeException e) {
        if (!OF_A_DYING_SERVER.contains(e.getStatus().getCode())) {
          ledger.violated("answered with " + e.getStatus());
        }
        // Gone for good: its next life has callers of its own.
        if (e.getStatus().getCode() == Status.Code.UNAVAILABLE) {
          return;
        }
      } catch (RuntimeException | Error unexpected) {
        ledger.violated("a caller failed: " + unexpected);
        return;
      }
    }
  }

  private void updateBatch(SplittableRandom random) {
    List<SeededBlob> blobs = new ArrayList<>();
    for (int i = random.nextInt(1, 30); i > 0; i--) {
      blobs.add(fresh(random, random.nextInt(1, 40_000)));
    }
    client.update(blobs).forEach(ledger::acknowledged);
  }

  private void writeWhole(SplittableRandom random) {
    SeededBlob blob = fresh(random, random.nextInt(1, LARGEST_BYTES));
    finish(upload(blob), blob, 0, random.nextInt(1_000, 1_000_000));
  }

  /** Stops in the middle once, asks how far it got, and goes on there. */
  private void writeInParts(SplittableRandom random) {
    SeededBlob blob = fresh(random, random.nextInt(1_000, LARGEST_BYTES));
    String upload = upload(blob);
    int stop = random.nextInt(1, blob.size());
    client.write(upload, blob, 0, stop, 200_000);
    long committed = client.committed(upload).orElse(0L);
    if (committed != stop) {
      ledger.violated("an upload stopped at %d goes on at %d".formatted(stop, committed));
    }
    finish(upload, blob, committed, 200_000);
  }

  /** Goes on with what another life was in the middle of. */
  private void goOn() {
    ledger
        .takeUnfinished()
        .ifPresent(upload -> {
          SeededBlob blob = upload.getValue();
          long committed = client.committed(upload.getKey()).orElse(0L);
          finish(upload.getKey(), blob, committed, 200_000);
        });
  }

  private void finish(String upload, SeededBlob blob, long offset, int messageBytes) {
    try {
      if (client.write(upload, blob, offset, blob.size(), messageBytes) == blob.size()) {
        ledger.acknowledged(blob);
      }
    } catch (StatusRuntimeException e) {
      ledger.interrupted(upload, blob);
      throw e;
    }
  }

  private void ask(SplittableRandom random) {
    List<SeededBlob> known = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      ledger.anyAcknowledged(random).ifPresent(known::add);
    }
    Set<SeededBlob> present = client.present(known);
    known.stream()
        .filter(blob -> !present.contains(blob))
        .forEach(blob -> ledger.violated("acknowledged, but reported missing: " + blob));
  }

  private void read(SplittableRandom random) {
    Optional<SeededBlob> blob = ledger.anyAcknowledged(random);
    if (blob.isPresent()
        && !client.read(blob.get()).filter(blob.get().content()::equals).isPresent()) {
      ledger.violated("acknowledged, but read as absent or other content: " + blob.get());
    }
  }

  private SeededBlob fresh(SplittableRandom random, int size) {
    SeededBlob blob = SeededBlob.of(random.nextLong(), size);
    ledger.sent(blob);
    return blob;
  }

  private static String upload(SeededBlob blob) {
    return "uploads/" + UUID.randomUUID() + "/blobs/" + blob.digest();
  }

  /** Waits until every caller has seen the end. */
  @Override
  public void close() {
    over = true;
    callers.close();
  }
}
