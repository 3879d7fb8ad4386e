package io.millrace.quorum;

import io.millrace.log.FileIo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;

/**
 * A snapshot that arrives piece by piece, in a part file until it is whole.
 *
 * <p>Owner: metadata log worker.
 */
final class SnapshotSink {
  private final FileIo io;
  private final Path part;
  private final long endOffset;
  private final int term;
  private final FileChannel channel;
  private long size;

  private SnapshotSink(FileIo io, Path part, long endOffset, int term, FileChannel channel) {
    this.io = io;
    this.part = part;
    this.endOffset = endOffset;
    this.term = term;
    this.channel = channel;
  }

  static SnapshotSink open(FileIo io, Path directory, long endOffset, int term) throws IOException {
    Path part =
        directory.resolve(
            String.format(Locale.ROOT, "%020d-%010d.received", endOffset, term)
                + SnapshotFile.PART_SUFFIX);
    FileChannel channel =
        io.open(
            part,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING);
    return new SnapshotSink(io, part, endOffset, term, channel);
  }

  /** Whether it is a snapshot of this state. */
  boolean isOf(long end, int termOfLast) {
    return end == endOffset && termOfLast == term;
  }

  /** Bytes so far: where the next piece starts. */
  long size() {
    return size;
  }

  /** Appends a piece; not durable. */
  void append(ByteBuffer piece) throws IOException {
    int bytes = piece.remaining();
    io.writeFully(channel, piece, size);
    size += bytes;
  }

  /** All is there: durable on return, still as a part file. */
  SnapshotFile finish() throws IOException {
    io.force(channel, true);
    channel.close();
    return new SnapshotFile(part, endOffset, term);
  }

  /** Forgets what arrived. */
  void discard() throws IOException {
    channel.close();
    io.delete(part);
  }
}
