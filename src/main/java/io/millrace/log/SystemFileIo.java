package io.millrace.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * {@link FileIo} on the operating system's files.
 *
 * <p>Owner: any thread.
 */
public final class SystemFileIo implements FileIo {
  public static final SystemFileIo INSTANCE = new SystemFileIo();

  private SystemFileIo() {}

  @Override
  public FileChannel open(Path path, OpenOption... options) throws IOException {
    return FileChannel.open(path, options);
  }

  @Override
  public long write(FileChannel channel, ByteBuffer[] buffers, int from, int count)
      throws IOException {
    return count == 1 ? channel.write(buffers[from]) : channel.write(buffers, from, count);
  }

  @Override
  public int write(FileChannel channel, ByteBuffer buffer, long position) throws IOException {
    return channel.write(buffer, position);
  }

  @Override
  public void force(FileChannel channel, boolean metadata) throws IOException {
    channel.force(metadata);
  }

  @Override
  public long size(FileChannel channel) throws IOException {
    return channel.size();
  }

  @Override
  public void truncate(FileChannel channel, long size) throws IOException {
    channel.truncate(size);
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
  }

  @Override
  public boolean delete(Path path) throws IOException {
    return Files.deleteIfExists(path);
  }

  @Override
  public void fsyncDirectory(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  @Override
  public long usableSpace(Path directory) throws IOException {
    // One statvfs; Files.getFileStore would read the list of mounts each time.
    long bytes = directory.toFile().getUsableSpace();
    if (bytes == 0 && !Files.exists(directory)) {
      throw new NoSuchFileException(directory.toString());
    }
    return bytes;
  }
}
