package dev.millrace.peer;

import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import java.util.concurrent.TimeUnit;

/** The way from one service of ours to another. */
public final class PeerChannel {

  /** A batch of 4 MiB and what surrounds it. */
  private static final int MAX_MESSAGE_BYTES = 5 * 1024 * 1024;

  private static final int KEEP_ALIVE_SECONDS = 30;

  private PeerChannel() {}

  /**
   * A channel that notices when the other side is gone, and connects again by itself.
   *
   * @param target as gRPC names it: host and port in the plainest case
   */
  public static ManagedChannel to(String target) {
    return ManagedChannelBuilder.forTarget(target)
        .usePlaintext()
        .maxInboundMessageSize(MAX_MESSAGE_BYTES)
        .keepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
        .build();
  }
}
