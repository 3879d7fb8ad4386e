package io.millrace.quorum;

import java.nio.ByteBuffer;

/**
 * Carries messages to the other replicas of the metadata log. What comes from them goes to {@link
 * Quorum#receive}.
 *
 * <p>Owner: any thread.
 */
public interface QuorumTransport {
  /** For a node that is alone. */
  QuorumTransport NONE = (nodeId, message) -> {};

  /**
   * Sends a message, if it can: whatever is lost, doubled or late is sent again by whoever needs
   * it. Never blocks; called on the quorum's context.
   *
   * @param message its remaining bytes; nobody changes them any more
   */
  void send(int nodeId, ByteBuffer message);
}
