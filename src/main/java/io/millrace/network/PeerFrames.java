package io.millrace.network;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The frames that come over a connection to the internal listener, those of its handshake or those
 * with messages, until it ends or something else takes them.
 *
 * <p>Owner: connection loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // A failed close ends in channelInactive.
abstract class PeerFrames extends ChannelInboundHandlerAdapter
    implements FrameHandler, FrameDecoder.Sink {
  private static final Logger LOG = LoggerFactory.getLogger(PeerFrames.class);

  private final int maxFrameBytes;
  private ChannelHandlerContext context;
  private FrameDecoder decoder;
  private boolean ended;

  PeerFrames(int maxFrameBytes) {
    this.maxFrameBytes = maxFrameBytes;
  }

  /** A whole frame; it is released by the caller. */
  abstract void take(ByteBuf frame);

  /** Nothing is taken any more. */
  void onEnd() {}

  @Override
  public final FrameDecoder decoder() {
    return decoder;
  }

  final ChannelHandlerContext context() {
    return context;
  }

  final boolean hasEnded() {
    return ended;
  }

  final void end() {
    if (!ended) {
      ended = true;
      decoder.close();
      onEnd();
    }
  }

  @Override
  public void handlerAdded(ChannelHandlerContext added) {
    context = added;
    decoder = new FrameDecoder(() -> maxFrameBytes, added.alloc(), this);
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
  public final void onFrame(ByteBuf frame) {
    try {
      if (!ended) {
        take(frame);
      }
    } finally {
      frame.release();
    }
  }

  @Override
  public final void channelInactive(ChannelHandlerContext ctx) {
    end();
    ctx.fireChannelInactive();
  }

  @Override
  public final void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (cause instanceof IOException) {
      LOG.debug("{}: {}", ctx.channel().remoteAddress(), cause.getMessage());
    } else {
      LOG.error("Closing the connection of {}", ctx.channel().remoteAddress(), cause);
    }
    ctx.close();
  }
}
