package io.millrace.log;

import java.nio.channels.FileChannel;

/**
 * A leased range of a {@link SegmentFile}.
 *
 * <p>Owner: whoever holds it; handed over between loops, never shared.
 */
final class LogFileSlice implements FileSlice {
  private final LogDirectory directory;
  private final SegmentFile file;
  private final FileChannel channel;
  private final long position;
  private final int length;

  /** Takes over a lease of the file. */
  LogFileSlice(
      LogDirectory directory, SegmentFile file, FileChannel channel, long position, int length) {
    this.directory = directory;
    this.file = file;
    this.channel = channel;
    this.position = position;
    this.length = length;
  }

  @Override
  public FileChannel channel() {
    return channel;
  }

  @Override
  public long position() {
    return position;
  }

  @Override
  public int length() {
    return length;
  }

  @Override
  public void onSent(long nanos) {
    directory.onReadTook(nanos);
  }

  @Override
  public void release() {
    file.release();
  }
}
