package dev.millrace.actions;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * What an operator can choose about action results.
 *
 * @param maxMessageSize the most that a result may have with contents inlined; below what clients
 *     accept of a message, which is 4 MiB unless they say otherwise
 * @param maxTreeSize the most bytes of trees and directories that are read to check one result
 * @param maxConcurrentQueries the most connections used at once, not more than the pool has
 * @param maxCachedResults about how much memory hot results take; 0 keeps none
 * @param cachedResultAge after how long this replica sees what another one overwrote
 */
@ConfigurationProperties(prefix = "millrace.actioncache")
public record ActionCacheProperties(
    @DefaultValue("3MB") DataSize maxMessageSize,
    @DefaultValue("64MB") DataSize maxTreeSize,
    @DefaultValue("8") int maxConcurrentQueries,
    @DefaultValue("32MB") DataSize maxCachedResults,
    @DefaultValue("10s") Duration cachedResultAge) {

  public ActionCacheProperties {
    if (maxMessageSize.isNegative() || maxMessageSize.toBytes() > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("max-message-size: 0 to 2 GB, not " + maxMessageSize);
    }
    if (maxTreeSize.isNegative()) {
      throw new IllegalArgumentException("max-tree-size: not negative, not " + maxTreeSize);
    }
    if (maxConcurrentQueries < 1) {
      throw new IllegalArgumentException(
          "max-concurrent-queries: at least 1, not " + maxConcurrentQueries);
    }
    if (maxCachedResults.isNegative() || cachedResultAge.isNegative()) {
      throw new IllegalArgumentException(
          "max-cached-results and cached-result-age must not be negative");
    }
  }
}
