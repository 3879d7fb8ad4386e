package io.millrace.network;

import io.millrace.client.PeerMessages;
import io.millrace.protocol.peer.PeerIdentity;
import io.millrace.protocol.peer.PeerSubject;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes the one-way messages of one node and gives each to whom it is for.
 *
 * <p>Owner: connection loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // A failed close ends in channelInactive.
final class PeerMessageReceiver extends PeerFrames {
  private static final Logger LOG = LoggerFactory.getLogger(PeerMessageReceiver.class);

  private final PeerListener listener;
  private final PeerIdentity peer;

  PeerMessageReceiver(PeerListener listener, PeerIdentity peer) {
    super(1 + PeerSubject.MAX_MESSAGE_BYTES);
    this.listener = listener;
    this.peer = peer;
  }

  @Override
  void take(ByteBuf frame) {
    listener.connected().onHeard(peer);
    PeerMessages receiver = listener.receiver(PeerSubject.of(frame.readUnsignedByte()));
    if (receiver == null) {
      listener.countDropped();
      return;
    }
    ByteBuffer message = ByteBuffer.allocate(frame.readableBytes());
    frame.readBytes(message);
    try {
      receiver.onMessage(peer.nodeId(), peer.directoryId(), message.flip());
    } catch (RuntimeException e) {
      LOG.error("A message of node {} was not taken", peer.nodeId(), e);
    }
  }

  @Override
  public void onBadLength(int length) {
    listener
        .warnings()
        .warn(
            peer.nodeId() + " length",
            "Closing the connection of node "
                + peer.nodeId()
                + ": a message of "
                + length
                + " bytes; allowed are 1 to "
                + PeerSubject.MAX_MESSAGE_BYTES);
    end();
    context().close();
  }
}
