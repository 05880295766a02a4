package dev.millrace.cas.s3;

import dev.millrace.failure.Failure;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;

/** Objects on the heap, each put of which waits until a test lets it succeed or fail. */
final class SlowObjectStore implements ObjectStore {

  final Map<UUID, byte[]> objects = new ConcurrentHashMap<>();
  final AtomicInteger puts = new AtomicInteger();
  final Semaphore succeeding = new Semaphore(0);
  final Semaphore failing = new Semaphore(0);

  @Override
  public void put(UUID object, List<ByteBuffer> bytes) {
    int number = puts.incrementAndGet();
    while (!succeeding.tryAcquire()) {
      if (failing.tryAcquire()) {
        throw new Failure.Unavailable("put " + number + " fails as a test wants it", null);
      }
      Thread.onSpinWait();
      Thread.yield();
    }
    ByteBuffer whole = ByteBuffer.allocate(bytes.stream().mapToInt(ByteBuffer::remaining).sum());
    bytes.forEach(part -> whole.put(part.duplicate()));
    objects.put(object, whole.array());
  }

  @Override
  public Outcome read(UUID object, long position, ByteBuffer target) {
    byte[] bytes = objects.get(object);
    if (bytes == null) {
      return Outcome.ABSENT;
    }
    if (bytes.length - position < target.remaining()) {
      return Outcome.TOO_SHORT;
    }
    target.put(bytes, (int) position, target.remaining());
    return Outcome.READ;
  }

  @Override
  public void delete(UUID object) {
    objects.remove(object);
  }
}
