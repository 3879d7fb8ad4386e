package io.millrace.network;

import io.netty.channel.ChannelHandler;

/**
 * What takes the frames of a channel. One may take the place of another, so that the channel is
 * read as the present one wants it.
 *
 * <p>Owner: connection loop.
 */
interface FrameHandler extends ChannelHandler {
  /** null while it is not in a channel. */
  FrameDecoder decoder();
}
