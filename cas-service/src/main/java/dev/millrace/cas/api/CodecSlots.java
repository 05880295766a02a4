package dev.millrace.cas.api;

import dev.millrace.compression.Codec;
import dev.millrace.compression.CompressionFormat;
import dev.millrace.failure.Failure;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

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

  Slot compressor(CompressionFormat format, Codec.Sink sink) {
    return slot(() -> format.compressor(sink));
  }

  Slot decompressor(CompressionFormat format, Codec.Sink sink) {
    return slot(() -> format.decompressor(sink));
  }

  /** Gives the slot back if no codec can be made, for want of memory say. */
  private Slot slot(Supplier<Codec> codecs) {
    acquire();
    boolean made = false;
    try {
      Slot slot = new Slot(codecs.get(), slots);
      made = true;
      return slot;
    } finally {
      if (!made) {
        slots.release();
      }
    }
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
