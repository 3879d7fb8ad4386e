package io.millrace.log;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Keeps a second process out of a log directory by a lock on its {@code .lock} file. The operating
 * system drops it with the process, however that ends.
 *
 * <p>Owner: log directory worker.
 */
final class DirectoryLock {
  private static final String FILE = ".lock";

  private final FileChannel channel;

  private DirectoryLock(FileChannel channel) {
    this.channel = channel;
  }

  /** Takes the lock; fails at once if somebody has it. */
  static DirectoryLock acquire(Path directory) throws IOException {
    FileChannel channel =
        FileChannel.open(
            directory.resolve(FILE), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    FileLock lock;
    try {
      lock = channel.tryLock();
    } catch (OverlappingFileLockException e) {
      lock = null; // this process has it
    } catch (IOException e) {
      channel.close();
      throw e;
    }
    if (lock == null) {
      channel.close();
      throw new IOException(
          "Log directory "
              + directory
              + " is in use by another running node: stop that one, or give this one another"
              + " log.dirs");
    }
    return new DirectoryLock(channel);
  }

  /** Closing the file ends the lock. */
  void release() throws IOException {
    channel.close();
  }
}
