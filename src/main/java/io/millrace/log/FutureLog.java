package io.millrace.log;

import io.millrace.fault.FaultPoint;
import io.millrace.log.LeaderEpochCache.EpochEntry;
import io.millrace.model.TopicIdPartition;
import io.millrace.model.TopicPartition;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;

/**
 * The copy of a log in the log directory that it moves to, while it is not the log yet ({@code
 * topic-0.<uuid>-future}, as in Kafka). At a start it is thrown away, and copied anew.
 *
 * <p>Owner: the move worker of the directory, for one task at a time.
 */
final class FutureLog {
  private static final int BUFFER_BYTES = 1 << 20;

  /** Reading the log where it is failed, not writing it where it goes. */
  static final class SourceException extends IOException {
    private static final long serialVersionUID = 1;

    SourceException(Path file, IOException cause) {
      super("Reading " + file + " failed: " + cause.getMessage(), cause);
    }
  }

  /** A part of a segment's batches. */
  record Part(SegmentFile from, long baseOffset, int position, int length) {}

  /** What a log says of itself apart from its segments. */
  record Rest(
      Path source,
      List<Long> snapshots,
      List<EpochEntry> epochs,
      long recoveryPoint,
      long logStartOffset,
      long highWatermark,
      long cleanerOffset) {}

  private final LogDirectory target;
  private final TopicIdPartition id;

  /** The directory; it changes its name when it is whole. */
  private Path path;

  private boolean whole;

  /** Base offsets of segments with bytes that are not durable. */
  private final NavigableSet<Long> unsynced = new TreeSet<>();

  /** Null = not needed yet. */
  private ByteBuffer buffer;

  FutureLog(LogDirectory target, TopicIdPartition id) {
    this.target = target;
    this.id = id;
  }

  /** Creates the directory, or empties the one of an interrupted move. Its name is durable. */
  void create() throws IOException {
    Path found = target.content().takeFuture(id);
    if (found == null) {
      path = target.path().resolve(SegmentNames.futureDirectory(id.toString()));
      Files.createDirectory(path);
    } else {
      path = found;
      try (DirectoryStream<Path> files = Files.newDirectoryStream(path)) {
        for (Path file : files) {
          // A crash before it is written again must not leave a copy that nobody goes on with.
          if (!file.endsWith(PartitionMetadata.FILE)) {
            io().delete(file);
          }
        }
      }
    }
    PartitionMetadata.write(io(), path, id.topicId(), true);
    io().fsyncDirectory(target.path());
    FaultPoint.MOVE_FUTURE_CREATED.reached();
  }

  /**
   * Copies bytes of a segment to the same place in the copy.
   *
   * @throws ClosedChannelException if the segment is no longer part of the log
   * @throws SourceException if it cannot be read
   */
  void copy(Part part) throws IOException {
    if (buffer == null) {
      buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
    }
    FileChannel source = part.from.acquire();
    try (FileChannel to =
        io().open(
                file(part.baseOffset, SegmentNames.LOG),
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE)) {
      unsynced.add(part.baseOffset);
      long at = part.position;
      long end = at + part.length;
      while (at < end) {
        buffer.clear().limit((int) Math.min(buffer.capacity(), end - at));
        fill(part.from.path(), source, at);
        int length = buffer.remaining();
        io().writeFully(to, buffer, at);
        at += length;
      }
    } finally {
      part.from.release();
    }
    target.residency().onWritten(part.length);
    FaultPoint.MOVE_PART_COPIED.reached();
  }

  private void fill(Path file, FileChannel source, long from) throws IOException {
    try {
      long at = from;
      while (buffer.hasRemaining()) {
        int read = source.read(buffer, at);
        if (read < 0) {
          throw new EOFException("it ends at " + at);
        }
        at += read;
      }
      buffer.flip();
    } catch (ClosedChannelException e) {
      throw e;
    } catch (IOException e) {
      throw new SourceException(file, e);
    }
  }

  /** Copies the index files of a closed segment, as far as there are any; durable on return. */
  void copyIndexes(Path source, long baseOffset) throws IOException {
    for (String suffix : SegmentNames.OF_SEGMENT) {
      if (!suffix.equals(SegmentNames.LOG)) {
        copyFile(SegmentNames.file(source, baseOffset, suffix), file(baseOffset, suffix));
      }
    }
  }

  /** Copies a small file as it is; durable on return. Does nothing if there is none. */
  private void copyFile(Path from, Path to) throws IOException {
    byte[] content;
    try {
      content = Files.readAllBytes(from);
    } catch (NoSuchFileException e) {
      return;
    } catch (IOException e) {
      throw new SourceException(from, e);
    }
    try (FileChannel channel =
        io().open(
                to,
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE,
                StandardOpenOption.TRUNCATE_EXISTING)) {
      io().writeFully(channel, ByteBuffer.wrap(content), 0);
      io().force(channel, true);
    }
  }

  /** A segment is no longer part of the log, or is another one now. */
  void remove(long baseOffset) throws IOException {
    for (String suffix : SegmentNames.OF_SEGMENT) {
      io().delete(file(baseOffset, suffix));
    }
    unsynced.remove(baseOffset);
  }

  /** Makes everything copied so far durable. */
  void force() throws IOException {
    for (Long base : new ArrayList<>(unsynced)) {
      try (FileChannel channel =
          io().open(file(base, SegmentNames.LOG), StandardOpenOption.WRITE)) {
        io().force(channel, true);
      }
      unsynced.remove(base);
    }
    io().fsyncDirectory(path);
  }

  /**
   * All batches are copied: adds the rest, makes it durable, and says in the directory's name that
   * the copy is whole.
   *
   * @param from id of the log directory that the log comes from
   */
  void complete(Rest rest, LogDirectory from) throws IOException {
    for (long offset : rest.snapshots) {
      copyFile(
          SegmentNames.file(rest.source, offset, SegmentNames.SNAPSHOT),
          file(offset, SegmentNames.SNAPSHOT));
    }
    LeaderEpochCheckpoint.write(io(), path, rest.epochs);
    force();
    target
        .checkpoints()
        .adopt(
            id.topicPartition(),
            rest.recoveryPoint,
            rest.logStartOffset,
            rest.highWatermark,
            rest.cleanerOffset);
    FaultPoint.MOVE_COPY_DURABLE.reached();
    Path moved =
        target
            .path()
            .resolve(SegmentNames.movedDirectory(id.toString(), from.identity().directoryId()));
    io().rename(path, moved);
    path = moved;
    whole = true;
    io().fsyncDirectory(target.path());
    FaultPoint.MOVE_WHOLE.reached();
  }

  /** Whether the copy may become the log at a start. Between two tasks. */
  boolean whole() {
    return whole;
  }

  /** The copy becomes the log; durable on return. */
  void promote() throws IOException {
    target.content().promote(path, id.topicPartition());
    buffer = null;
    FaultPoint.MOVE_DONE.reached();
  }

  /** Removes the copy: the log stays where it is. Does nothing before {@link #create}. */
  void discard() throws IOException {
    buffer = null;
    if (path != null && Files.isDirectory(path)) {
      TopicPartition name = id.topicPartition();
      target.content().discard(path, name);
    }
  }

  private Path file(long baseOffset, String suffix) {
    return SegmentNames.file(path, baseOffset, suffix);
  }

  private FileIo io() {
    return target.io();
  }
}
