package io.millrace.client;

import io.millrace.protocol.MalformedResponseException;
import io.millrace.protocol.peer.HandshakeCodec;
import io.millrace.protocol.peer.HandshakeException;
import io.millrace.protocol.peer.OpenerHandshake;
import io.millrace.protocol.peer.PeerIdentity;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One socket to another node, from its handshake to its end.
 *
 * <p>Owner: connection loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // A failed write or close ends in channelInactive.
final class PeerChannel extends ChannelInboundHandlerAdapter {
  private static final Logger LOG = LoggerFactory.getLogger(PeerChannel.class);

  /** Who is told what happens on it. At most one of the ends, and nothing after it. */
  interface Events {
    /** The handshake is complete. */
    void onOpen(PeerIdentity peer);

    /** A frame after the handshake, without its length field. */
    void onFrame(ByteBuffer frame);

    /** An end: one side did not want to talk to the other. */
    void onRefused(HandshakeException why);

    /** An end: what came makes no sense. */
    void onMalformed(String why);

    /** An end: the socket is closed. */
    void onClosed(String why);
  }

  private final OpenerHandshake handshake;
  private final int maxFrameBytes;
  private final Events events;
  private final FrameReader reader;
  private ChannelHandlerContext context;
  private boolean flushScheduled;
  private boolean ended;
  private String whyClosed = "it has closed the connection";

  /**
   * A channel.
   *
   * @param maxFrameBytes of frames after the handshake; 0 = there must be none
   * @param memory for all frames
   */
  PeerChannel(
      OpenerHandshake handshake, int maxFrameBytes, FrameReader.Memory memory, Events events) {
    this.handshake = handshake;
    this.maxFrameBytes = maxFrameBytes;
    this.events = events;
    this.reader = new FrameReader(HandshakeCodec.MAX_FRAME_BYTES, memory);
  }

  @Override
  public void handlerAdded(ChannelHandlerContext added) {
    context = added;
    if (added.channel().isActive()) {
      context.writeAndFlush(framed(handshake.hello()));
    } else {
      added.executor().execute(() -> end(() -> events.onClosed(whyClosed)));
    }
  }

  private static ByteBuf framed(byte[] frame) {
    return Unpooled.wrappedBuffer(HandshakeCodec.withLength(frame));
  }

  /**
   * Writes a whole frame, with its length field, and soon flushes.
   *
   * @param body null = the head is all
   */
  ChannelFuture write(ByteBuffer head, ByteBuffer body) {
    ChannelFuture written =
        context.write(
            body == null ? Unpooled.wrappedBuffer(head) : Unpooled.wrappedBuffer(head, body));
    if (!flushScheduled) {
      flushScheduled = true;
      // Behind the loop's other tasks: what they ask goes out with the same system call.
      context
          .executor()
          .execute(
              () -> {
                flushScheduled = false;
                context.flush();
              });
    }
    return written;
  }

  /** Closes the socket without telling anybody. */
  ChannelFuture close() {
    ended = true;
    reader.stop();
    return context.close();
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ByteBuf in = (ByteBuf) message;
    try {
      if (!ended) {
        reader.read(in, this::onFrame);
      }
    } catch (MalformedResponseException e) {
      end(() -> events.onMalformed(e.getMessage()));
      ctx.close();
    } finally {
      in.release();
    }
  }

  private void onFrame(ByteBuffer frame) {
    if (handshake.isComplete()) {
      events.onFrame(frame);
      return;
    }
    try {
      byte[] answer = handshake.onFrame(frame);
      if (answer != null) {
        context.writeAndFlush(framed(answer));
      }
    } catch (HandshakeException e) {
      end(() -> events.onRefused(e));
      if (handshake.isRefusedByPeer()) {
        context.close();
      } else {
        context
            .writeAndFlush(framed(HandshakeCodec.refused(e)))
            .addListener(ChannelFutureListener.CLOSE);
      }
      return;
    }
    if (handshake.isComplete()) {
      reader.maxFrameBytes(maxFrameBytes);
      events.onOpen(handshake.peer());
    }
  }

  private void end(Runnable event) {
    if (!ended) {
      ended = true;
      reader.stop();
      event.run();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    end(() -> events.onClosed(whyClosed));
    ctx.fireChannelInactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (cause instanceof IOException) {
      whyClosed = cause.getMessage();
    } else {
      LOG.error("Closing the connection to {}", ctx.channel().remoteAddress(), cause);
      whyClosed = "internal error: " + cause;
    }
    ctx.close();
  }
}
