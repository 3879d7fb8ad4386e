package io.millrace.log;

import io.millrace.fault.FaultPoint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Replaces small files as a whole: a reader sees the old content or the new one, also after a
 * crash. All methods block.
 *
 * <p>Owner: any thread, one at a time per file.
 */
public final class AtomicFile {
  /** Added to the name of the file in which the new content is prepared. */
  public static final String TEMPORARY = ".tmp";

  private AtomicFile() {}

  /**
   * Writes {@code file} anew from the remaining bytes. On return content and name are durable. On
   * an exception the old content stands, or the new one does.
   */
  public static void write(FileIo io, Path file, ByteBuffer content) throws IOException {
    replace(io, file, content, true);
  }

  /**
   * Like {@link #write}, but nothing is durable on return: a crash of the machine may leave the old
   * content, the new one or (on some file systems) an empty or garbled file, which the reader must
   * notice. A crash of the process leaves the old or the new content.
   */
  public static void writeUnsynced(FileIo io, Path file, ByteBuffer content) throws IOException {
    replace(io, file, content, false);
  }

  private static void replace(FileIo io, Path file, ByteBuffer content, boolean durable)
      throws IOException {
    Path temporary = file.resolveSibling(file.getFileName() + TEMPORARY);
    try {
      try (FileChannel channel =
          io.open(
              temporary,
              StandardOpenOption.CREATE,
              StandardOpenOption.WRITE,
              StandardOpenOption.TRUNCATE_EXISTING)) {
        io.writeFully(channel, content, 0);
        if (durable) {
          io.force(channel, true);
        }
      }
      FaultPoint.FILE_WRITTEN.reached();
      io.rename(temporary, file);
      FaultPoint.FILE_RENAMED.reached();
    } catch (IOException e) {
      try {
        io.delete(temporary);
      } catch (IOException suppressed) {
        e.addSuppressed(suppressed);
      }
      throw e;
    }
    if (durable) {
      io.fsyncDirectory(file.toAbsolutePath().getParent());
    }
  }
}
