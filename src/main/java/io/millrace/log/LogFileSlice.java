package io.millrace.log;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;

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
  private boolean resident;

  /** Takes over a lease of the file. */
  LogFileSlice(
      LogDirectory directory,
      SegmentFile file,
      FileChannel channel,
      long position,
      int length,
      boolean resident) {
    this.directory = directory;
    this.file = file;
    this.channel = channel;
    this.position = position;
    this.length = length;
    this.resident = resident;
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
  public boolean resident() {
    return resident;
  }

  @Override
  public void warm(Consumer<IOException> done) {
    try {
      directory
          .worker()
          .execute(
              LogWorker.Lane.READ,
              () -> {
                IOException failure = null;
                try {
                  directory.warmer().warm(channel, position, length);
                  resident = true;
                } catch (IOException e) {
                  failure = e;
                }
                done.accept(failure);
              });
    } catch (RejectedExecutionException e) {
      done.accept(new IOException("The log directory is closed", e));
    }
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
