package dev.millrace.bench.workload;

import dev.millrace.bench.client.BlobFamily;
import java.util.List;

/** The loads that there are. */
public final class Workloads {

  private Workloads() {}

  /**
   * How large things are.
   *
   * @param large bytes of a large blob
   * @param digests in a FindMissingBlobs request
   * @param batch blobs in a batch
   */
  public record Sizes(int large, int digests, int batch) {
    public static final Sizes STANDARD = new Sizes(64 * 1024 * 1024, 1000, 100);
  }

  private static final int SMALL_BYTES = 4 * 1024;
  private static final int MEDIUM_BYTES = 16 * 1024;
  private static final int LINKED_BYTES = 256 * 1024;
  private static final int TINY_BYTES = 64;
  private static final int QUEUED = 100_000;
  private static final int IDLE_BOTS = 5_000;

  /**
   * All of them.
   *
   * @param seed of all content
   */
  public static List<Workload> all(Sizes sizes, long seed) {
    BlobFamily large = new BlobFamily(sizes.large(), seed);
    BlobFamily medium = new BlobFamily(MEDIUM_BYTES, seed + 1);
    BlobFamily small = new BlobFamily(SMALL_BYTES, seed + 2);
    BlobFamily linked = new BlobFamily(LINKED_BYTES, seed + 3);
    BlobFamily tiny = new BlobFamily(TINY_BYTES, seed + 4);
    return List.of(
        new LargeWrites("write-large-1", 1, large),
        new LargeWrites("write-large-4", 4, large),
        new Reads("read-large-1", Workload.Unit.BYTES, 1, large, 4),
        new Reads("read-large-4", Workload.Unit.BYTES, 4, large, 4),
        new BatchUpdates("batch-update", 4, small, sizes.batch()),
        new BatchReads("batch-read", 4, small, sizes.batch()),
        new FindMissing("find-missing", 4, tiny, sizes.digests()),
        new ActionResults("action-result", 16, small, 100, 4),
        new Reads("read-small", Workload.Unit.OPERATIONS, 16, medium, 200),
        new Build("build", 8, small, linked));
  }

  /** Those of an endpoint that executes; nobody has to. */
  public static List<Workload> ofExecution() {
    Executions quiet = new Executions("execute", 64, 1000, 8, 16);
    Executions lone = new Executions("execute-1", 1, 1000, 8, 16);
    return List.of(quiet, lone, new CrowdedExecutions(quiet, QUEUED, IDLE_BOTS));
  }
}
