package dev.millrace.worker.filecache;

import dev.millrace.digest.DigestFunction;
import dev.millrace.instance.InstanceName;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/**
 * The part of the cache that is one instance's. All shelves share the cache's size, but nobody gets
 * at what is on another's by knowing its digest.
 *
 * @param key tells the instance from all others, and can be part of a file name
 */
public record Shelf(String key) {

  private static final int KEY_LENGTH = 32;
  private static final Pattern KEY = Pattern.compile("[0-9a-f]{" + KEY_LENGTH + "}");

  public Shelf {
    if (!KEY.matcher(key).matches()) {
      throw new IllegalArgumentException("not a shelf's key: " + key);
    }
  }

  public static Shelf of(InstanceName instance) {
    byte[] name = instance.value().getBytes(StandardCharsets.UTF_8);
    return new Shelf(DigestFunction.SHA256.digestOf(name).hash().substring(0, KEY_LENGTH));
  }
}
