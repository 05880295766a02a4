package dev.millrace.cas;

import dev.millrace.cas.chunking.Chunkings;
import dev.millrace.cas.chunking.FastCdc2020;
import dev.millrace.cas.chunking.RepMaxCdc;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * How blobs are cut into chunks. All replicas, and all proxies in front of them, need the same
 * sizes to find the same chunks.
 *
 * @param fastCdcAverage the size that FastCDC's chunks have on average
 * @param fastCdcSeed changes where FastCDC cuts
 * @param repMaxMinimum the least size of RepMaxCDC's chunks
 * @param repMaxHorizon how far RepMaxCDC looks for the best cut
 * @param maxConcurrentSplits how many blobs are cut at once; each takes twice what its function
 *     looks ahead
 * @param rememberedChunks of how many chunks it is remembered which blobs they make up
 */
@ConfigurationProperties(prefix = "millrace.cas.chunking")
public record ChunkingProperties(
    @DefaultValue("512KB") DataSize fastCdcAverage,
    @DefaultValue("0") long fastCdcSeed,
    @DefaultValue("256KB") DataSize repMaxMinimum,
    @DefaultValue("2MB") DataSize repMaxHorizon,
    @DefaultValue("4") int maxConcurrentSplits,
    @DefaultValue("100000") int rememberedChunks) {

  public ChunkingProperties {
    if (maxConcurrentSplits < 1) {
      throw new IllegalArgumentException(
          "max-concurrent-splits: at least one, not " + maxConcurrentSplits);
    }
    if (rememberedChunks < 0) {
      throw new IllegalArgumentException(
          "remembered-chunks: must not be negative, is " + rememberedChunks);
    }
  }

  Chunkings chunkings() {
    return new Chunkings(
        new FastCdc2020(Math.toIntExact(fastCdcAverage.toBytes()), fastCdcSeed),
        new RepMaxCdc(
            Math.toIntExact(repMaxMinimum.toBytes()), Math.toIntExact(repMaxHorizon.toBytes())));
  }
}
