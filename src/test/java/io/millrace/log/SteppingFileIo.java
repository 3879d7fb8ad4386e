package io.millrace.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.OpenOption;
import java.nio.file.Path;

/**
 * The operating system's files, with something that is done before each operation that changes one:
 * taking a copy of everything, say, which is what a process leaves that is killed there. One
 * operation at a time, so that no other is half done then.
 *
 * <p>Owner: any thread.
 */
final class SteppingFileIo implements FileIo {
  private Runnable step = () -> {};

  /** From now on this is done before each operation. */
  synchronized void before(Runnable what) {
    step = what;
  }

  @Override
  public synchronized FileChannel open(Path path, OpenOption... options) throws IOException {
    step.run();
    return SystemFileIo.INSTANCE.open(path, options);
  }

  @Override
  public synchronized long write(FileChannel channel, ByteBuffer[] buffers, int from, int count)
      throws IOException {
    step.run();
    return SystemFileIo.INSTANCE.write(channel, buffers, from, count);
  }

  @Override
  public synchronized int write(FileChannel channel, ByteBuffer buffer, long position)
      throws IOException {
    step.run();
    return SystemFileIo.INSTANCE.write(channel, buffer, position);
  }

  @Override
  public synchronized void force(FileChannel channel, boolean metadata) throws IOException {
    step.run();
    SystemFileIo.INSTANCE.force(channel, metadata);
  }

  @Override
  public long size(FileChannel channel) throws IOException {
    return SystemFileIo.INSTANCE.size(channel);
  }

  @Override
  public synchronized void truncate(FileChannel channel, long size) throws IOException {
    step.run();
    SystemFileIo.INSTANCE.truncate(channel, size);
  }

  @Override
  public synchronized void rename(Path from, Path to) throws IOException {
    step.run();
    SystemFileIo.INSTANCE.rename(from, to);
  }

  @Override
  public synchronized boolean delete(Path path) throws IOException {
    step.run();
    return SystemFileIo.INSTANCE.delete(path);
  }

  @Override
  public void fsyncDirectory(Path directory) throws IOException {
    SystemFileIo.INSTANCE.fsyncDirectory(directory);
  }

  @Override
  public long usableSpace(Path directory) throws IOException {
    return SystemFileIo.INSTANCE.usableSpace(directory);
  }
}
