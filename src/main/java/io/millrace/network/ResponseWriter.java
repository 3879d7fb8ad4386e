package io.millrace.network;

import io.millrace.api.fetch.SliceRecords;
import io.millrace.log.FileSlice;
import io.millrace.protocol.ResponseEncoder;
import io.millrace.protocol.ResponseEncoder.Gap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Turns responses into what the socket takes. The only place that knows that records are sent from
 * files: small ones are read into the response's buffer, because up to about 32 KiB one system call
 * less is worth more than the copy, larger ones go by sendfile.
 *
 * <p>Counts the bytes on their way itself: Netty counts a file region as nothing.
 *
 * <p>Owner: connection loop.
 */
@SuppressWarnings(
    "FutureReturnValueIgnored") // Netty: a failed write or close ends in channelInactive.
final class ResponseWriter {
  private static final int COPY_LIMIT = 32 * 1024;

  private final ChannelHandlerContext context;
  private final Runnable onDrained;
  // Invariant: bytes given to the channel that it has not yet written to the socket.
  private long inFlightBytes;
  // Of the regions since the last flush; null = there were none.
  private FileSlice lastRegion;

  ResponseWriter(ChannelHandlerContext context, Runnable onDrained) {
    this.context = context;
    this.onDrained = onDrained;
  }

  long inFlightBytes() {
    return inFlightBytes;
  }

  /**
   * Writes without flushing. Leases of slices end when they are sent, or now if this throws.
   *
   * @throws IOException when a segment cannot be read
   */
  int write(ResponseEncoder response) throws IOException {
    int total = response.totalBytes();
    int inline = response.inlineBytes();
    ByteBuf head = context.alloc().directBuffer(inline, inline);
    ByteBuffer target = head.nioBuffer(0, inline);
    List<Gap> gaps = response.write(target);
    head.writerIndex(inline);
    inFlightBytes += total;
    ChannelPromise last = context.newPromise();
    last.addListener(any -> onWritten(total));
    if (gaps.isEmpty()) {
      context.write(head, last);
    } else if (total <= COPY_LIMIT) {
      writeCopied(head, gaps, total, last);
    } else {
      writeRegions(head, gaps, last);
    }
    return total;
  }

  /** Hands to the socket what was written. */
  void flush() {
    FileSlice region = lastRegion;
    lastRegion = null;
    if (region == null) {
      context.flush();
      return;
    }
    long started = System.nanoTime();
    context.flush();
    region.onSent(System.nanoTime() - started);
  }

  private void writeCopied(ByteBuf head, List<Gap> gaps, int total, ChannelPromise last)
      throws IOException {
    ByteBuf whole = context.alloc().directBuffer(total, total);
    int from = 0;
    int released = 0;
    try {
      for (Gap gap : gaps) {
        whole.writeBytes(head, from, gap.position() - from);
        from = gap.position();
        FileSlice slice = sliceOf(gap);
        readFully(slice, whole);
        slice.release();
        released++;
      }
      whole.writeBytes(head, from, head.writerIndex() - from);
    } catch (IOException e) {
      for (Gap gap : gaps.subList(released, gaps.size())) {
        sliceOf(gap).release();
      }
      whole.release();
      inFlightBytes -= total;
      throw e;
    } finally {
      head.release();
    }
    context.write(whole, last);
  }

  private static void readFully(FileSlice slice, ByteBuf target) throws IOException {
    int length = slice.length();
    ByteBuffer buffer = target.nioBuffer(target.writerIndex(), length);
    long position = slice.position();
    long started = System.nanoTime();
    while (buffer.hasRemaining()) {
      int read = slice.channel().read(buffer, position);
      if (read < 0) {
        throw new EOFException("the segment ends at " + position + ", inside a leased range");
      }
      position += read;
    }
    slice.onSent(System.nanoTime() - started);
    target.writerIndex(target.writerIndex() + length);
  }

  private void writeRegions(ByteBuf head, List<Gap> gaps, ChannelPromise last) {
    int from = 0;
    int end = head.writerIndex();
    for (int i = 0; i < gaps.size(); i++) {
      Gap gap = gaps.get(i);
      if (gap.position() > from) {
        context.write(head.retainedSlice(from, gap.position() - from));
        from = gap.position();
      }
      lastRegion = sliceOf(gap);
      SliceRegion region = new SliceRegion(lastRegion);
      if (from == end && i == gaps.size() - 1) {
        context.write(region, last);
      } else {
        context.write(region);
      }
    }
    if (from < end) {
      context.write(head.slice(from, end - from), last);
    } else {
      head.release();
    }
  }

  private static FileSlice sliceOf(Gap gap) {
    return ((SliceRecords) gap.records()).slice();
  }

  private void onWritten(int bytes) {
    inFlightBytes -= bytes;
    onDrained.run();
  }
}
