package dev.millrace.cas.s3;

import dev.millrace.failure.Failure;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

/** Objects on the heap, to be counted, to be damaged and to be out of reach. */
final class WatchedObjects implements ObjectStore {

  final Map<UUID, byte[]> objects = new ConcurrentHashMap<>();
  final AtomicInteger puts = new AtomicInteger();
  volatile boolean outOfReach;

  /** What becomes of bytes that are read. */
  volatile UnaryOperator<byte[]> onTheWay = bytes -> bytes;

  @Override
  public void put(UUID object, List<ByteBuffer> bytes) {
    requireReachable();
    puts.incrementAndGet();
    ByteBuffer all = ByteBuffer.allocate(bytes.stream().mapToInt(ByteBuffer::remaining).sum());
    bytes.forEach(part -> all.put(part.duplicate()));
    objects.put(object, all.array());
  }

  @Override
  public Outcome read(UUID object, long position, ByteBuffer target) {
    requireReachable();
    byte[] bytes = objects.get(object);
    if (bytes == null) {
      return Outcome.ABSENT;
    }
    if (bytes.length - position < target.remaining()) {
      return Outcome.TOO_SHORT;
    }
    target.put(onTheWay.apply(bytes), (int) position, target.remaining());
    return Outcome.READ;
  }

  @Override
  public void delete(UUID object) {
    requireReachable();
    objects.remove(object);
  }

  private void requireReachable() {
    if (outOfReach) {
      throw new Failure.Unavailable("the test says so", null);
    }
  }
}
