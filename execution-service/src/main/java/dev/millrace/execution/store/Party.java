package dev.millrace.execution.store;

import dev.millrace.instance.InstanceName;

/**
 * Whom an action counts for when work is shared out among teams, and within a team among users.
 * Those who use one instance, or instances of one name up to its first slash, are one team.
 *
 * @param user empty where callers are not told apart
 */
record Party(String team, String user) {

  static Party of(InstanceName instance) {
    String name = instance.value();
    int slash = name.indexOf('/');
    return new Party(slash < 0 ? name : name.substring(0, slash), "");
  }
}
