package dev.millrace.execution.store;

import dev.millrace.execution.scheduling.Offer;
import dev.millrace.instance.InstanceName;

/**
 * What a bot says of itself.
 *
 * @param instance the instance that it opened its session for
 * @param botId chosen by the bot, kept over restarts
 * @param offer what its worker is good for
 * @param capacity how many leases it works on at once
 * @param acceptsWork whether it is to be given new leases
 */
public record BotSession(
    InstanceName instance, String botId, Offer offer, int capacity, boolean acceptsWork) {

  public BotSession {
    if (capacity < 0) {
      throw new IllegalArgumentException("capacity: must not be negative, is " + capacity);
    }
  }
}
