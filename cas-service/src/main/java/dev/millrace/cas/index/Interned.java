package dev.millrace.cas.index;

import dev.millrace.instance.InstanceName;
import java.util.Arrays;

/**
 * The number of an instance. Statements name the instance beside it: in a database that was
 * restored or replaced the number may be that of another one.
 *
 * @param nameHash by which the database knows the name
 */
record Interned(InstanceName name, int number, byte[] nameHash) {

  /** Whether the number is still that of the instance, for parameters that bear those names. */
  static final String CURRENT =
      "exists (select from cas.instances where id = :instance and name_hash = :name)";

  @Override
  public boolean equals(Object other) {
    return other instanceof Interned interned
        && name.equals(interned.name)
        && number == interned.number
        && Arrays.equals(nameHash, interned.nameHash);
  }

  @Override
  public int hashCode() {
    return 31 * name.hashCode() + number;
  }
}
