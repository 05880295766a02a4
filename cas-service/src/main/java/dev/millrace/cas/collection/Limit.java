package dev.millrace.cas.collection;

import dev.millrace.instance.InstanceName;

/**
 * How much may be stored, in all or of one part.
 *
 * @param scope whose blobs are counted
 * @param high above so many bytes, blobs have to go
 * @param low down to so many
 */
public record Limit(Scope scope, long high, long low) {

  /** Whose blobs are counted. */
  public sealed interface Scope {

    boolean covers(InstanceName instance);

    /** The whole store. */
    record Everything() implements Scope {
      @Override
      public boolean covers(InstanceName instance) {
        return true;
      }

      @Override
      public String toString() {
        return "the store";
      }
    }

    /** An instance and all below it. */
    record Tree(InstanceName root) implements Scope {
      @Override
      public boolean covers(InstanceName instance) {
        return root.isRoot() || instance.equals(root) || instance.value().startsWith(root.prefix());
      }

      @Override
      public String toString() {
        return "instance '" + root + "'";
      }
    }
  }

  public Limit {
    if (low < 0 || high < low) {
      throw new IllegalArgumentException(
          "limit of %s: low (%d) between 0 and high (%d)".formatted(scope, low, high));
    }
  }
}
