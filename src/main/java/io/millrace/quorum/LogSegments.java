package io.millrace.quorum;

import io.millrace.fault.FaultPoint;
import io.millrace.log.FileIo;
import io.millrace.quorum.state.Entry;
import io.millrace.record.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The segments of the metadata log, of which the last one is appended to. A crash at any moment
 * leaves files that {@link LogContent} can read.
 *
 * <p>Invariant: each segment ends where the next one begins, and there is always an active one,
 * except between {@link #deleteAll} and {@link #beginAnew}.
 *
 * <p>Owner: metadata log worker.
 */
final class LogSegments {
  private static final Logger LOG = LoggerFactory.getLogger(LogSegments.class);

  private final Path directory;
  private final FileIo io;

  /** In order of offset, without the active one. */
  private final List<LogSegment> closed = new ArrayList<>();

  private LogSegment active;

  /** Of the active segment; null = not even that could be opened. */
  private FileChannel channel;

  private LogSegments(Path directory, FileIo io) {
    this.directory = directory;
    this.io = io;
  }

  /** Opens or creates them, and cuts what a crash has left; nothing stays open if that fails. */
  static LogSegments open(Path directory, FileIo io, LogContent content) throws IOException {
    LogSegments segments = new LogSegments(directory, io);
    try {
      segments.take(content);
      return segments;
    } catch (IOException | RuntimeException e) {
      segments.close();
      throw e;
    }
  }

  private void take(LogContent content) throws IOException {
    for (LogContent.Segment segment : content.segments()) {
      if (active != null) {
        closed.add(active);
        channel.close();
      }
      active =
          new LogSegment(
              segment.path(), segment.baseOffset(), segment.index(), segment.validBytes());
      channel = io.open(active.path(), StandardOpenOption.READ, StandardOpenOption.WRITE);
      if (segment.totalBytes() > active.size()) {
        LOG.warn(
            "Metadata log {}: cut {} bytes at byte {}: what a crash left of an append or of a cut;"
                + " it was never acknowledged",
            active.path(),
            segment.totalBytes() - active.size(),
            active.size());
        io.truncate(channel, active.size());
        io.force(channel, true);
      }
    }
    if (active == null) {
      create(content.endOffset());
    } else {
      // What a killed process wrote is read from the page cache, and is on the disk only now.
      io.force(channel, true);
    }
  }

  /** The first offset that can be read. */
  long startOffset() {
    return closed.isEmpty() ? active.baseOffset() : closed.get(0).baseOffset();
  }

  int activeBytes() {
    return active.size();
  }

  long totalBytes() {
    long bytes = active.size();
    for (LogSegment segment : closed) {
      bytes += segment.size();
    }
    return bytes;
  }

  /** As {@link LogSegment#read}, of the segment that holds {@code from}. */
  List<Entry> read(long from, long to, int maxBytes) throws IOException {
    LogSegment segment = active;
    for (int i = closed.size() - 1; i >= 0 && segment.baseOffset() > from; i--) {
      segment = closed.get(i);
    }
    return segment.read(from, to, maxBytes);
  }

  // ---- Growing

  /**
   * Appends a batch; durable on return.
   *
   * @throws AppendFailure retriable = the log is as it was
   */
  void append(long baseOffset, ByteBuffer batch) throws AppendFailure {
    int batchSize = batch.remaining();
    try {
      io.writeFully(channel, batch, active.size());
    } catch (IOException e) {
      throw new AppendFailure(
          "Cannot write " + active.path() + ": " + e.getMessage(), cutBack(e), e);
    }
    FaultPoint.METADATA_WRITTEN.reached();
    try {
      io.force(channel, false);
      FaultPoint.METADATA_DURABLE.reached();
    } catch (IOException e) {
      throw new AppendFailure(
          "Cannot fsync " + active.path() + ": " + e.getMessage(), /* retriable= */ false, e);
    }
    active.onAppended(baseOffset, batchSize);
  }

  private boolean cutBack(IOException cause) {
    try {
      io.truncate(channel, active.size());
      return io.outOfSpace(cause, directory);
    } catch (IOException e) {
      cause.addSuppressed(e);
      return false;
    }
  }

  /**
   * Starts a new segment at the log's end.
   *
   * @return false = there is no new one, and appends go on in the old one
   * @throws AppendFailure a new file is there that must not be: nobody may append any more
   */
  boolean roll(long endOffset) throws AppendFailure {
    if (active.baseOffset() == endOffset) {
      return true;
    }
    LogSegment full = active;
    FileChannel fullChannel = channel;
    try {
      create(endOffset);
    } catch (IOException e) {
      LOG.warn("Metadata log {}: cannot start a segment at {}", directory, endOffset, e);
      removeFailed(pathOf(endOffset));
      return false;
    }
    closed.add(full);
    try {
      fullChannel.close();
    } catch (IOException e) {
      LOG.warn("Cannot close {}", full.path(), e); // all of it is fsynced
    }
    return true;
  }

  private void removeFailed(Path segment) throws AppendFailure {
    try {
      io.delete(segment);
    } catch (IOException e) {
      throw new AppendFailure(
          "Cannot delete " + segment + ": " + e.getMessage(), /* retriable= */ false, e);
    }
  }

  private void create(long baseOffset) throws IOException {
    Path path = pathOf(baseOffset);
    FileChannel created = openNew(path);
    try {
      io.fsyncDirectory(directory);
    } catch (IOException e) {
      created.close();
      throw e;
    }
    channel = created;
    active = new LogSegment(path, baseOffset, new BatchIndex(), 0);
  }

  private Path pathOf(long baseOffset) {
    return directory.resolve(String.format(Locale.ROOT, "%020d.log", baseOffset));
  }

  private FileChannel openNew(Path path) throws IOException {
    return io.open(
        path,
        StandardOpenOption.CREATE,
        StandardOpenOption.TRUNCATE_EXISTING,
        StandardOpenOption.READ,
        StandardOpenOption.WRITE);
  }

  // ---- Cutting the end

  /**
   * Takes back everything from {@code end} on, which may lie within a batch; durable on return.
   *
   * @throws AppendFailure nobody may append any more
   */
  void truncateTo(long end) throws AppendFailure {
    try {
      while (active.baseOffset() > end) {
        removeActive();
      }
      if (active.baseOffset() == end) {
        cutActive(0);
      } else {
        cutWithin(end);
      }
    } catch (IOException e) {
      throw new AppendFailure(
          "Cannot cut " + active.path() + ": " + e.getMessage(), /* retriable= */ false, e);
    }
  }

  /** One after the other, the newest first, so that a crash never leaves a gap. */
  private void removeActive() throws IOException {
    LogSegment before = closed.get(closed.size() - 1);
    FileChannel previous =
        io.open(before.path(), StandardOpenOption.READ, StandardOpenOption.WRITE);
    LogSegment removed = active;
    channel.close();
    closed.remove(closed.size() - 1);
    active = before;
    channel = previous;
    io.delete(removed.path());
    io.fsyncDirectory(directory);
  }

  /**
   * Forced before anything is written there: old batches behind a torn new one look like damage.
   */
  private void cutActive(int bytes) throws IOException {
    io.truncate(channel, bytes);
    io.force(channel, true);
    active.onCut(bytes);
  }

  /**
   * What is before {@code end} in its batch may be acknowledged, so that it is first made durable
   * in a segment of its own; that one counts from its first offset on. See {@link LogContent}.
   */
  private void cutWithin(long end) throws IOException {
    LogSegment.Located at = active.locate(end);
    if (at.baseOffset() == end) {
      cutActive(at.position());
      return;
    }
    List<Entry> kept = new ArrayList<>();
    for (Entry entry : EntryCodec.decode(at.batch(), 0)) {
      if (entry.baseOffset() < end) {
        kept.add(entry.slice(entry.baseOffset(), end));
      }
    }
    ByteBuffer batch = EntryCodec.encode(kept, RecordBatch.maxTimestamp(at.batch(), 0));
    int size = batch.remaining();
    Path path = pathOf(at.baseOffset());
    Path part = directory.resolve(path.getFileName() + SnapshotFile.PART_SUFFIX);
    FileChannel created = openNew(part);
    try {
      io.writeFully(created, batch, 0);
      io.force(created, true);
      io.rename(part, path);
      io.fsyncDirectory(directory);
      if (at.position() > 0) {
        cutActive(at.position());
        closed.add(active);
      }
    } catch (IOException e) {
      created.close();
      throw e;
    }
    channel.close();
    channel = created;
    active = new LogSegment(path, at.baseOffset(), new BatchIndex(), 0);
    active.onAppended(at.baseOffset(), size);
  }

  // ---- Giving way to a snapshot

  /** Deletes segments of which nothing is at {@code offset} or later; never the active one. */
  void deleteBelow(long offset) throws IOException {
    while (!closed.isEmpty()) {
      long end = closed.size() > 1 ? closed.get(1).baseOffset() : active.baseOffset();
      if (end > offset) {
        return;
      }
      io.delete(closed.remove(0).path());
    }
  }

  /** Deletes all of them; {@link #beginAnew} must follow. */
  void deleteAll() throws IOException {
    channel.close();
    for (LogSegment segment : closed) {
      io.delete(segment.path());
    }
    io.delete(active.path());
    closed.clear();
  }

  /** The log goes on here, with nothing before. */
  void beginAnew(long baseOffset) throws IOException {
    create(baseOffset);
  }

  void close() throws IOException {
    if (channel != null) {
      channel.close();
    }
  }
}
