package dev.millrace.cas.collection;

import java.util.List;

/** All that a replica does by itself from time to time. */
public record BackgroundWork(List<RepeatedWork> works) implements AutoCloseable {

  public BackgroundWork {
    works = List.copyOf(works);
  }

  @Override
  public void close() {
    works.forEach(RepeatedWork::close);
  }
}
