package dev.millrace.cas.backend;

import java.util.function.Supplier;

/** The back ends there are. Each test has one of its own. */
public enum BackendKind {
  MEMORY(MemoryBackend::new),
  DISK(DiskBackend::new),
  S3(S3Backend::new);

  private final Supplier<Backend> maker;

  BackendKind(Supplier<Backend> maker) {
    this.maker = maker;
  }

  public Backend make() {
    return maker.get();
  }
}
