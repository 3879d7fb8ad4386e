package io.millrace.quorum;

import io.millrace.quorum.state.Message;

/**
 * What the network makes of a message: bytes, and another message of the same meaning.
 *
 * <p>Owner: any thread.
 */
public final class QuorumWire {
  private QuorumWire() {}

  /** The message as its receiver reads it. */
  public static Message carry(Message message) {
    return QuorumMessageCodec.decode(QuorumMessageCodec.encode(message));
  }
}
