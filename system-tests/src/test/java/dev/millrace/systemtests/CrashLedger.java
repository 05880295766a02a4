package dev.millrace.systemtests;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** What a server was sent and what of it it has acknowledged, over all of its lives. */
final class CrashLedger {

  /** Whether the server has answered that it keeps the blob. */
  enum Standing {
    SENT,
    ACKNOWLEDGED
  }

  private final Map<SeededBlob, Standing> blobs = new ConcurrentHashMap<>();
  private final List<SeededBlob> acknowledged = new CopyOnWriteArrayList<>();
  private final Map<String, SeededBlob> unfinished = new ConcurrentHashMap<>();
  private final List<String> violations = new CopyOnWriteArrayList<>();

  void sent(SeededBlob blob) {
    blobs.put(blob, Standing.SENT);
  }

  void acknowledged(SeededBlob blob) {
    if (blobs.put(blob, Standing.ACKNOWLEDGED) != Standing.ACKNOWLEDGED) {
      acknowledged.add(blob);
    }
  }

  Standing standing(SeededBlob blob) {
    return blobs.get(blob);
  }

  /** Any of the acknowledged blobs, or none if there is none yet. */
  Optional<SeededBlob> anyAcknowledged(SplittableRandom random) {
    int count = acknowledged.size();
    return count == 0 ? Optional.empty() : Optional.of(acknowledged.get(random.nextInt(count)));
  }

  /** An upload that broke off, with which a later life may be asked to go on. */
  void interrupted(String upload, SeededBlob blob) {
    unfinished.put(upload, blob);
  }

  /** Takes one of the uploads that broke off, so that one caller alone goes on with it. */
  Optional<Map.Entry<String, SeededBlob>> takeUnfinished() {
    return unfinished.entrySet().stream()
        .findAny()
        .filter(upload -> unfinished.remove(upload.getKey(), upload.getValue()));
  }

  List<SeededBlob> all() {
    return new ArrayList<>(blobs.keySet());
  }

  int acknowledgedCount() {
    return acknowledged.size();
  }

  void violated(String promise) {
    violations.add(promise);
  }

  List<String> violations() {
    return violations;
  }
}
