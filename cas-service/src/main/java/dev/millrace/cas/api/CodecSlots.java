package dev.millrace.cas.api;

import dev.millrace.compression.Codec;
import dev.millrace.compression.ZstdCompressor;
import dev.millrace.compression.ZstdDecompressor;
import dev.millrace.failure.Failure;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Bounds how many streams are compressed or decompressed at once, since each of them holds some
 * megabytes outside of the heap. Who finds no slot waits a little, and is then asked to come back.
 */
public final class CodecSlots {

  private final Semaphore slots;
  private final Duration patience;

  public CodecSlots(int slots, Duration patience) {
    if (slots < 1) {
      throw new IllegalArgumentException("slots: at least one is needed, not " + slots);
    }
    this.slots = new Semaphore(slots, /* fair= */ true);
    this.patience = patience;
  }

  Slot compressor(Codec.Sink sink) {
    acquire();
    return new Slot(new ZstdCompressor(sink), slots);
  }

  Slot decompressor(Codec.Sink sink) {
    acquire();
    return new Slot(new ZstdDecompressor(sink), slots);
  }

  private void acquire() {
    try {
      if (!slots.tryAcquire(patience.toNanos(), TimeUnit.NANOSECONDS)) {
        throw new Failure.Exhausted("too many compressed streams are open at once");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Failure.Unavailable("shutting down", e);
    }
  }

  /** A codec together with the slot that it occupies until it is closed, which is done once. */
  static final class Slot implements AutoCloseable {
    private final Codec codec;
    private final Semaphore slots;

    private Slot(Codec codec, Semaphore slots) {
      this.codec = codec;
      this.slots = slots;
    }

    void write(ByteBuffer bytes) {
      codec.write(bytes);
    }

    void finish() {
      codec.finish();
    }

    @Override
    public void close() {
      codec.close();
      slots.release();
    }
  }
}
