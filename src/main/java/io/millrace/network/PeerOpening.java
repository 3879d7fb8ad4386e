package io.millrace.network;

import io.millrace.protocol.peer.HandshakeCodec;
import io.millrace.protocol.peer.HandshakeException;
import io.millrace.protocol.peer.PeerIdentity;
import io.millrace.protocol.peer.PeerPurpose;
import io.millrace.protocol.peer.PeerRefusal;
import io.millrace.protocol.peer.TakerHandshake;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.util.concurrent.ScheduledFuture;
import java.net.InetAddress;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection to the internal listener until its handshake is complete. Little is read and nothing
 * is believed before.
 *
 * <p>Owner: connection loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // A failed write or close ends in channelInactive.
final class PeerOpening extends PeerFrames {
  private static final Logger LOG = LoggerFactory.getLogger(PeerOpening.class);

  /** Makes what takes the place of this. */
  interface TakeOver {
    FrameHandler handlerFor(Channel channel, PeerIdentity peer, PeerPurpose purpose);
  }

  private final PeerListener listener;
  private final InetAddress from;
  private final RateLimitedWarnings warnings;
  private final PeerIdentity own;
  private final TakerHandshake handshake;
  private final TakeOver takeOver;
  // Who takes the frames now: this, or what has taken its place.
  private FrameHandler present = this;
  private ScheduledFuture<?> limit;

  /**
   * A connection that has just been accepted.
   *
   * @param from counted among the listener's openings until the handshake has ended
   */
  PeerOpening(
      PeerListener listener,
      InetAddress from,
      RateLimitedWarnings warnings,
      byte[] nonce,
      TakeOver takeOver) {
    super(HandshakeCodec.MAX_FRAME_BYTES);
    this.listener = listener;
    this.from = from;
    this.warnings = warnings;
    this.takeOver = takeOver;
    PeerListener.Parts parts = listener.parts();
    this.own = parts.own().get();
    this.handshake =
        new TakerHandshake(
            parts.secret(),
            own,
            nonce,
            listener.connected()::rivalOf,
            purpose -> purpose != PeerPurpose.REQUESTS || listener.service() != null);
  }

  /** Where the channel reads to, all its life. */
  RecvByteBufAllocator receiveBuffers() {
    return new FrameReceiver.Allocator(() -> present.decoder());
  }

  @Override
  public void handlerAdded(ChannelHandlerContext added) {
    super.handlerAdded(added);
    limit =
        added
            .executor()
            .schedule(this::onLate, listener.parts().handshakeMs(), TimeUnit.MILLISECONDS);
    if (!added.channel().isOpen()) {
      end();
    }
  }

  private void onLate() {
    if (!hasEnded()) {
      warnings.warn(
          "Closing a connection of {} to internal.port: no handshake within {} ms",
          context().channel().remoteAddress(),
          listener.parts().handshakeMs());
      listener.countRefused();
      end();
      context().close();
    }
  }

  @Override
  void onEnd() {
    limit.cancel(false);
    listener.openings().remove(from);
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    super.channelRead(ctx, message);
    if (!hasEnded() && handshake.isComplete()) {
      if (decoder().midFrame()) {
        refuse(outOfTurn());
      } else {
        handOver();
      }
    }
  }

  private static HandshakeException outOfTurn() {
    return new HandshakeException(
        PeerRefusal.MALFORMED, "something comes before the handshake is complete");
  }

  @Override
  void take(ByteBuf frame) {
    if (handshake.isComplete()) {
      refuse(outOfTurn());
      return;
    }
    try {
      byte[] answer = handshake.onFrame(frame.nioBuffer());
      if (answer != null) {
        context().writeAndFlush(framed(answer));
      }
    } catch (HandshakeException e) {
      refuse(e);
    }
  }

  @Override
  public void onBadLength(int length) {
    refuse(
        new HandshakeException(
            PeerRefusal.MALFORMED,
            "a frame of "
                + length
                + " bytes in a handshake; is this a client? Clients use the port of listeners"));
  }

  private void refuse(HandshakeException why) {
    if (hasEnded()) {
      return;
    }
    end();
    listener.countRefused();
    warn(why);
    if (handshake.isRefusedByPeer()) {
      context().close();
    } else {
      context()
          .writeAndFlush(framed(HandshakeCodec.refused(why)))
          .addListener(ChannelFutureListener.CLOSE);
    }
  }

  private void warn(HandshakeException why) {
    Object remote = context().channel().remoteAddress();
    PeerIdentity peer = handshake.peer();
    if (peer == null) {
      warnings.warn("Closing a connection of {} to internal.port: {}", remote, why.getMessage());
    } else if (why.refusal().isPassing()) {
      LOG.debug("Refusing node {} at {}: {}", peer.nodeId(), remote, why.getMessage());
    } else {
      String who = "Node " + peer.nodeId() + " at " + remote + ", ";
      String what = who + why.refusal() + ": " + why.getMessage();
      listener.warnings().warn(peer.nodeId() + " " + why.refusal(), what);
      listener.refusals().note(peer.nodeId(), what);
    }
  }

  private static ByteBuf framed(byte[] frame) {
    return Unpooled.wrappedBuffer(HandshakeCodec.withLength(frame));
  }

  @SuppressWarnings("ReferenceEquality") // It is replaced when it changes.
  private void handOver() {
    end();
    if (own != listener.parts().own().get()) {
      // What the other side was told is not true any more.
      context().close();
      return;
    }
    listener.refusals().forget(handshake.peer().nodeId());
    present = takeOver.handlerFor(context().channel(), handshake.peer(), handshake.purpose());
    context().pipeline().replace(this, "peer", present);
  }
}
