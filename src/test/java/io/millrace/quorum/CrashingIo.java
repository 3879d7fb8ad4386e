package io.millrace.quorum;

import io.millrace.log.FileIo;
import io.millrace.log.SystemFileIo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.OpenOption;
import java.nio.file.Path;

/**
 * The system's files in a process that dies after so many operations: each later one fails.
 *
 * <p>Owner: any thread.
 */
final class CrashingIo implements FileIo {
  private int left = Integer.MAX_VALUE;
  private boolean crashed;

  /** From now on so many operations succeed. */
  synchronized void crashAfter(int operations) {
    left = operations;
  }

  synchronized boolean hasCrashed() {
    return crashed;
  }

  private synchronized void step() throws IOException {
    if (left == 0) {
      crashed = true;
      throw new IOException("crashed");
    }
    left--;
  }

  @Override
  public FileChannel open(Path path, OpenOption... options) throws IOException {
    step();
    return SystemFileIo.INSTANCE.open(path, options);
  }

  @Override
  public long write(FileChannel channel, ByteBuffer[] buffers, int from, int count)
      throws IOException {
    step();
    return SystemFileIo.INSTANCE.write(channel, buffers, from, count);
  }

  @Override
  public int write(FileChannel channel, ByteBuffer buffer, long position) throws IOException {
    step();
    return SystemFileIo.INSTANCE.write(channel, buffer, position);
  }

  @Override
  public void force(FileChannel channel, boolean metadata) throws IOException {
    step();
  }

  @Override
  public long size(FileChannel channel) throws IOException {
    return channel.size();
  }

  @Override
  public void truncate(FileChannel channel, long size) throws IOException {
    step();
    SystemFileIo.INSTANCE.truncate(channel, size);
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    step();
    SystemFileIo.INSTANCE.rename(from, to);
  }

  @Override
  public boolean delete(Path path) throws IOException {
    step();
    return SystemFileIo.INSTANCE.delete(path);
  }

  @Override
  public void fsyncDirectory(Path directory) throws IOException {
    step();
  }

  @Override
  public long usableSpace(Path directory) throws IOException {
    return SystemFileIo.INSTANCE.usableSpace(directory);
  }
}
