package dev.millrace.digest;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The C library libblake3, where the machine has it. It counts as there only if it hashes as the
 * portable implementation does.
 */
final class Blake3Library {

  /** The C structure has 1912 bytes in the library's version 1. */
  static final int STATE_LONGS = 256;

  /** A path, or a name for the dynamic linker; empty for none. */
  private static final String NAME =
      System.getProperty("millrace.blake3.library", "libblake3.so.0");

  private static final Optional<Blake3Library> LOADED = load();

  private final MethodHandle init;
  private final MethodHandle update;
  private final MethodHandle finalize;

  private Blake3Library(SymbolLookup symbols) {
    MemoryLayout pointer = ValueLayout.ADDRESS;
    MemoryLayout size = ValueLayout.JAVA_LONG;
    init = function(symbols, "blake3_hasher_init", pointer);
    update = function(symbols, "blake3_hasher_update", pointer, pointer, size);
    finalize = function(symbols, "blake3_hasher_finalize", pointer, pointer, size);
  }

  static Optional<Blake3Library> loaded() {
    return LOADED;
  }

  void init(MemorySegment state) {
    try {
      init.invokeExact(state);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  void update(MemorySegment state, MemorySegment bytes) {
    try {
      update.invokeExact(state, bytes, bytes.byteSize());
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  void finish(MemorySegment state, MemorySegment hash) {
    try {
      finalize.invokeExact(state, hash, hash.byteSize());
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  private static MethodHandle function(
      SymbolLookup symbols, String name, MemoryLayout... parameters) {
    // Critical: arrays on the heap may be passed without a copy.
    return Linker.nativeLinker()
        .downcallHandle(
            symbols.findOrThrow(name),
            FunctionDescriptor.ofVoid(parameters),
            Linker.Option.critical(/* allowHeapAccess= */ true));
  }

  private static IllegalStateException failed(Throwable e) {
    return new IllegalStateException("libblake3 failed", e);
  }

  private static Optional<Blake3Library> load() {
    if (NAME.isEmpty()) {
      return Optional.empty();
    }
    try {
      SymbolLookup symbols =
          NAME.contains("/")
              ? SymbolLookup.libraryLookup(Path.of(NAME), Arena.global())
              : SymbolLookup.libraryLookup(NAME, Arena.global());
      return Optional.of(new Blake3Library(symbols)).filter(Blake3Library::isRight);
    } catch (RuntimeException | LinkageError absent) {
      // No such library, not one for this machine, or native access is forbidden.
      return Optional.empty();
    }
  }

  /**
   * Blocks of 64 bytes, chunks of 1024 and the tree above them, each with one more and one less.
   */
  private static boolean isRight(Blake3Library library) {
    for (int size : new int[] {0, 1, 63, 64, 65, 1023, 1024, 1025, 2048, 2049, 31_744, 102_400}) {
      byte[] bytes = new byte[size];
      for (int i = 0; i < size; i++) {
        bytes[i] = (byte) (i % 251);
      }
      if (!hash(new NativeBlake3Hasher(library), bytes)
          .equals(hash(new PortableBlake3Hasher(), bytes))) {
        return false;
      }
    }
    return true;
  }

  private static String hash(Hasher hasher, byte[] bytes) {
    hasher.update(bytes, 0, bytes.length);
    return hasher.hash();
  }
}
