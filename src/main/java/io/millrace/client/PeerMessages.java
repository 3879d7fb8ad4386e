package io.millrace.client;

import java.nio.ByteBuffer;
import java.util.UUID;

/**
 * Takes the one-way messages of other nodes.
 *
 * <p>Owner: any thread.
 */
@FunctionalInterface
public interface PeerMessages {
  /**
   * A message. Messages of one node come in the order in which it told them, though some may be
   * missing. Runs on the connection's loop and must not block.
   *
   * @param nodeId who told it; has proved to know the cluster's secret
   * @param directoryId the sender's {@code directory.id}
   * @param message on the heap; the receiver may keep it
   */
  void onMessage(int nodeId, UUID directoryId, ByteBuffer message);
}
