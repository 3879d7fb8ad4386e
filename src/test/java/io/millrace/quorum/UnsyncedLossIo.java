package io.millrace.quorum;

import io.millrace.log.FileIo;
import io.millrace.log.SystemFileIo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;

/**
 * The system's files on a machine that can lose its power: {@link #losePower} takes back what was
 * written after the last fsync of each file, or a part of it. Faults can be asked for too.
 *
 * <p>Owner: any thread.
 */
public final class UnsyncedLossIo implements FileIo {
  private final Map<FileChannel, Path> paths = new HashMap<>();
  private final Map<Path, Long> synced = new HashMap<>();
  private IOException nextWriteFails;
  private IOException nextForceFails;
  private IOException nextDirectorySyncFails;
  private int failedWriteBytes;
  private boolean dead;
  private int forces;

  /** The next write puts so many bytes on the disk and fails. */
  public synchronized void failNextWrite(int afterBytes, IOException failure) {
    nextWriteFails = failure;
    failedWriteBytes = afterBytes;
  }

  public synchronized void failNextForce(IOException failure) {
    nextForceFails = failure;
  }

  public synchronized void failNextDirectorySync(IOException failure) {
    nextDirectorySyncFails = failure;
  }

  /** Fsyncs of files so far. */
  public synchronized int forces() {
    return forces;
  }

  /**
   * The power goes: every later operation fails, and of each file's bytes that were not fsynced a
   * random number is lost.
   */
  public synchronized void losePower(Random random) throws IOException {
    dead = true;
    for (Map.Entry<Path, Long> file : synced.entrySet()) {
      if (!Files.exists(file.getKey())) {
        continue;
      }
      try (FileChannel channel = FileChannel.open(file.getKey(), StandardOpenOption.WRITE)) {
        long unsynced = channel.size() - file.getValue();
        if (unsynced > 0) {
          channel.truncate(file.getValue() + random.nextLong(unsynced + 1));
        }
      }
    }
  }

  private void check() throws IOException {
    if (dead) {
      throw new IOException("no power");
    }
  }

  @Override
  public synchronized FileChannel open(Path path, OpenOption... options) throws IOException {
    check();
    FileChannel channel = SystemFileIo.INSTANCE.open(path, options);
    paths.put(channel, path);
    synced.put(path, Math.min(channel.size(), synced.getOrDefault(path, channel.size())));
    return channel;
  }

  @Override
  public synchronized long write(FileChannel channel, ByteBuffer[] buffers, int from, int count)
      throws IOException {
    throw new UnsupportedOperationException("the metadata log writes at positions");
  }

  @Override
  public synchronized int write(FileChannel channel, ByteBuffer buffer, long position)
      throws IOException {
    check();
    // Where the commits end is written now and then, and it is no matter if that fails.
    if (nextWriteFails != null && !paths.get(channel).endsWith(CommittedEndFile.NAME)) {
      IOException failure = nextWriteFails;
      nextWriteFails = null;
      ByteBuffer part =
          buffer.slice(buffer.position(), Math.min(failedWriteBytes, buffer.remaining()));
      channel.write(part, position);
      throw failure;
    }
    return channel.write(buffer, position);
  }

  @Override
  public synchronized void force(FileChannel channel, boolean metadata) throws IOException {
    check();
    if (nextForceFails != null) {
      IOException failure = nextForceFails;
      nextForceFails = null;
      throw failure;
    }
    forces++;
    synced.put(paths.get(channel), channel.size());
  }

  @Override
  public long size(FileChannel channel) throws IOException {
    return channel.size();
  }

  @Override
  public synchronized void truncate(FileChannel channel, long size) throws IOException {
    check();
    channel.truncate(size);
    synced.merge(paths.get(channel), size, Math::min);
  }

  @Override
  public synchronized void rename(Path from, Path to) throws IOException {
    check();
    SystemFileIo.INSTANCE.rename(from, to);
    Long length = synced.remove(from);
    if (length != null) {
      synced.put(to, length);
    }
  }

  @Override
  public synchronized boolean delete(Path path) throws IOException {
    check();
    synced.remove(path);
    return SystemFileIo.INSTANCE.delete(path);
  }

  @Override
  public synchronized void fsyncDirectory(Path directory) throws IOException {
    check();
    if (nextDirectorySyncFails != null) {
      IOException failure = nextDirectorySyncFails;
      nextDirectorySyncFails = null;
      throw failure;
    }
    SystemFileIo.INSTANCE.fsyncDirectory(directory);
  }

  @Override
  public long usableSpace(Path directory) throws IOException {
    return SystemFileIo.INSTANCE.usableSpace(directory);
  }
}
