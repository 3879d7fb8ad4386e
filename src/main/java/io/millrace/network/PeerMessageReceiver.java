package io.millrace.network;

import io.millrace.client.PeerMessages;
import io.millrace.protocol.peer.PeerIdentity;
import io.millrace.protocol.peer.PeerSubject;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes the one-way messages of one node and gives each to whom it is for.
 *
 * <p>Owner: connection loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // A failed close ends in channelInactive.
final class PeerMessageReceiver extends ChannelInboundHandlerAdapter implements FrameDecoder.Sink {
  private static final Logger LOG = LoggerFactory.getLogger(PeerMessageReceiver.class);

  private final PeerListener listener;
  private final PeerIdentity peer;
  private ChannelHandlerContext context;
  private FrameDecoder decoder;
  private boolean ended;

  PeerMessageReceiver(PeerListener listener, PeerIdentity peer) {
    this.listener = listener;
    this.peer = peer;
  }

  /** null while it is not in a channel. */
  FrameDecoder decoder() {
    return decoder;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext added) {
    context = added;
    decoder = new FrameDecoder(1 + PeerSubject.MAX_MESSAGE_BYTES, added.alloc(), this);
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ByteBuf in = (ByteBuf) message;
    if (ended) {
      in.release();
    } else {
      decoder.feed(in);
    }
  }

  @Override
  public void onFrame(ByteBuf frame) {
    try {
      if (!ended) {
        deliver(frame);
      }
    } finally {
      frame.release();
    }
  }

  private void deliver(ByteBuf frame) {
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
    context.close();
  }

  private void end() {
    ended = true;
    decoder.close();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    end();
    ctx.fireChannelInactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (cause instanceof IOException) {
      LOG.debug("{}: {}", ctx.channel().remoteAddress(), cause.getMessage());
    } else {
      LOG.error("Closing the connection of node {}", peer.nodeId(), cause);
    }
    ctx.close();
  }
}
