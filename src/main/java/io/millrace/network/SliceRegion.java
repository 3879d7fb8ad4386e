package io.millrace.network;

import io.millrace.log.FileSlice;
import io.netty.channel.DefaultFileRegion;

/**
 * A range of a segment on its way to a socket by {@code sendfile}. It must be a {@link
 * DefaultFileRegion}: every other kind is copied through memory by the epoll transport. Unlike its
 * parent it does not close the file but ends the lease.
 *
 * <p>Owner: connection loop.
 */
final class SliceRegion extends DefaultFileRegion {
  private final FileSlice slice;

  SliceRegion(FileSlice slice) {
    super(slice.channel(), slice.position(), slice.length());
    this.slice = slice;
  }

  @Override
  protected void deallocate() {
    slice.release();
  }
}
