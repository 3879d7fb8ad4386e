package io.millrace.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.OpenOption;
import java.nio.file.Path;

/**
 * Every operation on a log directory's files that changes something or can find the disk full or
 * broken. It is a seam ({@link SystemFileIo#INSTANCE} is the real thing): tests put faults behind
 * it. Reads go to the {@link FileChannel} itself, so that sendfile keeps working.
 *
 * <p>All methods block and may take as long as the disk takes. A thread inside one of them must
 * never be interrupted: an interrupt closes the channel for everybody.
 *
 * <p>Owner: any thread.
 */
public interface FileIo {
  /** Opens a file; see {@link FileChannel#open(Path, OpenOption...)}. */
  FileChannel open(Path path, OpenOption... options) throws IOException;

  /**
   * One gathering write at the channel's position; moves it and the positions of the buffers by
   * what was written. Like the system call it may write less than asked: up to the first {@code
   * count} buffers from {@code from} on, and at most 1024 of them.
   *
   * @return bytes written; 0 only if nothing remained
   */
  long write(FileChannel channel, ByteBuffer[] buffers, int from, int count) throws IOException;

  /** One write at {@code position}, which leaves the channel's own alone; may be short. */
  int write(FileChannel channel, ByteBuffer buffer, long position) throws IOException;

  /**
   * Makes what was written to the file durable; {@code metadata} includes what reading does not
   * need (times). The size always counts. After a failure nobody knows what is on the disk: the
   * caller must not try again and then acknowledge.
   */
  void force(FileChannel channel, boolean metadata) throws IOException;

  /** Size of the file in bytes. */
  long size(FileChannel channel) throws IOException;

  /** Cuts the file; a position of the channel beyond {@code size} moves to {@code size}. */
  void truncate(FileChannel channel, long size) throws IOException;

  /**
   * Renames a file or a directory, atomically, over an existing file. Durable only after {@link
   * #fsyncDirectory} of the parents.
   */
  void rename(Path from, Path to) throws IOException;

  /** Deletes a file or an empty directory; false = there was none. */
  boolean delete(Path path) throws IOException;

  /** Makes the names in a directory durable: files created, renamed and deleted in it. */
  void fsyncDirectory(Path directory) throws IOException;

  /** Bytes that can still be written on the file system of {@code directory}. */
  long usableSpace(Path directory) throws IOException;

  /**
   * Writes all that remains in the first {@code count} buffers from {@code from} on at the
   * channel's position. After an exception an unknown part is written: the caller cuts the file
   * back.
   *
   * @return bytes written
   */
  default long writeFully(FileChannel channel, ByteBuffer[] buffers, int from, int count)
      throws IOException {
    long written = 0;
    int next = from;
    int end = from + count;
    while (true) {
      while (next < end && !buffers[next].hasRemaining()) {
        next++;
      }
      if (next == end) {
        return written;
      }
      written += write(channel, buffers, next, end - next);
    }
  }

  /** Writes all that remains in {@code buffer} from {@code position} on. */
  default void writeFully(FileChannel channel, ByteBuffer buffer, long position)
      throws IOException {
    long at = position;
    while (buffer.hasRemaining()) {
      at += write(channel, buffer, at);
    }
  }

  /**
   * Whether a failed write found the disk full (which passes), rather than broken. The text of the
   * exception depends on the system's language, so that a disk with no space at all counts too.
   */
  default boolean outOfSpace(IOException cause, Path directory) {
    String message = String.valueOf(cause.getMessage());
    if (message.contains("No space left on device") || message.contains("Disk quota exceeded")) {
      return true;
    }
    try {
      return usableSpace(directory) == 0;
    } catch (IOException e) {
      return false;
    }
  }
}
