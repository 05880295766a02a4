package dev.millrace.peer;

import io.grpc.StatusException;
import org.jspecify.annotations.Nullable;

/**
 * One call to a peer, in the blocking form that fails with the status it was answered with.
 *
 * @param <T> what the peer answers
 */
@FunctionalInterface
public interface PeerCall<T extends @Nullable Object> {

  T run() throws StatusException, InterruptedException;
}
