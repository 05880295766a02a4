package dev.millrace.grpc.admission;

/**
 * Whether a call has moved since somebody looked last. Costs next to nothing where it moves often;
 * time is read only by the one who looks.
 */
final class Pulse {

  private volatile boolean moved = true;
  private volatile boolean busy;

  /** When it was last seen to have moved; of concern only to the one who looks. */
  private long lastSeen;

  void beat() {
    if (!moved) {
      moved = true;
    }
  }

  /** The handler is at work: it is not the client that is waited for. */
  void begin() {
    busy = true;
  }

  void end() {
    beat();
    busy = false;
  }

  boolean isBusy() {
    return busy;
  }

  /** How long it has been still, for all that is known. */
  long stillFor(boolean waitsForClient, long nanos) {
    if (moved || !waitsForClient) {
      moved = false;
      lastSeen = nanos;
    }
    return nanos - lastSeen;
  }
}
