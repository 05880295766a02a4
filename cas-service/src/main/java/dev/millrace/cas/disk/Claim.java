package dev.millrace.cas.disk;

import java.util.concurrent.atomic.AtomicBoolean;

/** What one writer has claimed, until it is closed. */
final class Claim implements AutoCloseable {

  private final Claims claims;
  private final long bytes;
  private final AtomicBoolean closed = new AtomicBoolean();

  Claim(Claims claims, long bytes) {
    this.claims = claims;
    this.bytes = bytes;
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      claims.giveBack(bytes);
    }
  }
}
