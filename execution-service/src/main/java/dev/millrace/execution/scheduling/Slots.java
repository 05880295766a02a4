package dev.millrace.execution.scheduling;

/** Places for actions with bots that are ready for more, as they are taken one by one. */
public interface Slots {

  /**
   * Whether an action of a queue has a place left. Once there is none, there is none for good:
   * places are only taken.
   */
  boolean left(long queue);

  /** Takes a place for an action of a queue that has one left. */
  void take(long queue);
}
