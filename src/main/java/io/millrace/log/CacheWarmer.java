package io.millrace.log;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Brings ranges of files into the page cache by sending them to the null device: the kernel reads
 * what is missing and copies nothing. What is there already costs a few microseconds per MiB, so
 * nobody needs to ask before.
 *
 * <p>Owner: log directory worker.
 */
final class CacheWarmer implements Closeable {
  private static final int CHUNK = 1 << 20;

  private final FileChannel nowhere;

  CacheWarmer() throws IOException {
    nowhere = FileChannel.open(Path.of("/dev/null"), StandardOpenOption.WRITE);
  }

  /** Returns when the range is in the page cache. */
  void warm(FileChannel channel, long position, int length) throws IOException {
    long at = position;
    long end = position + length;
    while (at < end) {
      long sent = channel.transferTo(at, Math.min(CHUNK, end - at), nowhere);
      if (sent <= 0) {
        throw new EOFException("The file ends at " + at + ", not at " + end);
      }
      at += sent;
    }
  }

  @Override
  public void close() throws IOException {
    nowhere.close();
  }
}
