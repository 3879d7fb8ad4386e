package io.millrace.log;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a file from the disk itself, past the page cache, which would show what was written and not
 * what the disk has made of it, and which others need more. Where the file system does not allow
 * that, it reads as everybody does. Blocks.
 *
 * <p>Owner: log directory worker, one task at a time.
 */
final class ScrubReader implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ScrubReader.class);

  /** Bytes of a read; what is wanted at once is less. */
  static final int WINDOW = 256 << 10;

  /** A batch of any smaller size is looked at as a whole. */
  static final int MOST_AT_ONCE = WINDOW / 2;

  private static final int LARGEST_BLOCK = 64 << 10;

  /**
   * O_DIRECT; null = this Java does not have it. Found by its name: newer compilers warn of it as
   * the JDK's own, which cannot be told to be on purpose.
   */
  private static final OpenOption DIRECT = option();

  private static OpenOption option() {
    try {
      Class<?> options = Class.forName("com.sun.nio.file.ExtendedOpenOption");
      for (Object option : options.getEnumConstants()) {
        if (option.toString().equals("DIRECT")) {
          return (OpenOption) option;
        }
      }
    } catch (ClassNotFoundException e) {
      LOG.debug("Files can only be read by the page cache", e);
    }
    return null;
  }

  private final FileIo io;

  /** 0 = the file system does not read past the page cache. */
  private int block;

  private final ByteBuffer window;
  private FileChannel channel;
  private Path path;
  private long size;
  private long windowStart;
  private long readBytes;

  /** For the files of a directory. */
  ScrubReader(FileIo io, Path directory) {
    this.io = io;
    this.block = DIRECT == null ? 0 : blockSize(directory);
    this.window = ByteBuffer.allocateDirect(WINDOW + block).alignedSlice(Math.max(1, block));
    window.limit(0);
  }

  private static int blockSize(Path directory) {
    try {
      long block = Files.getFileStore(directory).getBlockSize();
      return block > 0 && block <= LARGEST_BLOCK && WINDOW % block == 0 ? (int) block : 0;
    } catch (IOException | UnsupportedOperationException e) {
      return 0;
    }
  }

  /**
   * Turns to another file.
   *
   * @param bytes of it that are read; it may be longer
   */
  void open(Path file, long bytes) throws IOException {
    close();
    path = file;
    size = bytes;
    windowStart = 0;
    window.limit(0);
    if (block == 0) {
      channel = io.open(file, StandardOpenOption.READ);
      return;
    }
    try {
      channel = io.open(file, StandardOpenOption.READ, DIRECT);
    } catch (IOException | UnsupportedOperationException e) {
      // What cannot be opened at all, for lack of files say, says nothing of the file system.
      channel = io.open(file, StandardOpenOption.READ);
      readAsOthers(e);
    }
  }

  private void readAsOthers(Exception why) {
    LOG.debug("{} cannot be read past the page cache: {}", path, why.toString());
    block = 0;
  }

  long size() {
    return size;
  }

  /** Whether the disk itself is read. */
  boolean direct() {
    return block > 0;
  }

  /** Bytes read since the last call. */
  long takeReadBytes() {
    long read = readBytes;
    readBytes = 0;
    return read;
  }

  /** Holds what {@link #need} made available; until the next call of it. */
  ByteBuffer buffer() {
    return window;
  }

  /**
   * Index in the {@link #buffer} of so many bytes, at most {@link #MOST_AT_ONCE}, which the file
   * must have.
   */
  int need(long position, int bytes) throws IOException {
    long offset = position - windowStart;
    if (offset < 0 || offset + bytes > window.limit()) {
      fill(position, bytes);
      offset = position - windowStart;
    }
    return (int) offset;
  }

  private void fill(long position, int bytes) throws IOException {
    long from = block > 0 ? position - position % block : position;
    int wanted = (int) (position - from) + bytes;
    window.clear().limit(0);
    windowStart = from;
    int got = 0;
    while (got < wanted) {
      // Past the page cache only whole blocks are read; less comes at the end of the file alone.
      int at = block > 0 ? got - got % block : got;
      window.limit(WINDOW).position(at);
      int read;
      try {
        read = channel.read(window, from + at);
      } catch (IOException e) {
        if (block == 0 || String.valueOf(e.getMessage()).contains("Input/output error")) {
          throw e; // the disk's fault, even if the page cache has the bytes
        }
        // Some file systems open so and do not read so.
        readAsOthers(e);
        channel.close();
        channel = io.open(path, StandardOpenOption.READ);
        continue;
      }
      if (read <= got - at) {
        throw new EOFException(path + " ends at " + (from + got));
      }
      readBytes += read;
      got = at + read;
    }
    window.position(0).limit((int) Math.min(got, size - from));
  }

  @Override
  public void close() throws IOException {
    if (channel != null) {
      channel.close();
      channel = null;
    }
  }
}
