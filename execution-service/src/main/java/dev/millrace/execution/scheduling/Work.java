package dev.millrace.execution.scheduling;

import dev.millrace.instance.InstanceName;

/** What decides which workers an action can run on: actions of the same work share a queue. */
public record Work(InstanceName instance, Requirements requirements) {

  public boolean canRunOn(Offer offer) {
    return offer.serves(instance) && Matching.matches(requirements, offer);
  }
}
