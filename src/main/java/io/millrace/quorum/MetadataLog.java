package io.millrace.quorum;

import io.millrace.log.FileIo;
import io.millrace.metadata.MetadataRecord;
import io.millrace.quorum.state.Entry;
import io.millrace.quorum.state.HardState;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A voter's files: the metadata log, its newest snapshot, and the {@link HardStateFile}.
 *
 * <pre>
 *   __cluster_metadata-0/
 *     quorum-state                                term and vote
 *     00000000000000000000.log                    record batches; the name is the first offset
 *     00000000000000004711-0000000003.checkpoint  stands for all offsets below 4711
 * </pre>
 *
 * <p>Every append is one batch and one fsync, and the next batch is written only after it: see
 * {@link SegmentScan}. All methods block.
 *
 * <p>Owner: metadata log worker.
 */
final class MetadataLog {
  private static final Logger LOG = LoggerFactory.getLogger(MetadataLog.class);

  /** Entries that wait together become one batch until it holds this many records. */
  private static final int MAX_RECORDS_PER_BATCH = 20_000;

  /** {@code bytes} is known once the segment is closed. */
  private record Segment(Path path, long baseOffset, long bytes) {}

  private final Path directory;
  private final FileIo io;
  private final List<Segment> closed = new ArrayList<>();
  private final TreeMap<Long, Integer> termStarts = new TreeMap<>();
  private SnapshotFile snapshot;
  private Segment active;
  private FileChannel channel;
  private long size;
  private long closedBytes;
  private long endOffset;

  private MetadataLog(Path directory, FileIo io) {
    this.directory = directory;
    this.io = io;
  }

  /**
   * Opens or creates the log and repairs what a crash can leave.
   *
   * @throws MetadataLogException if it is damaged otherwise; nothing was changed then
   */
  static MetadataLog open(Path directory, FileIo io, LogContent content) throws IOException {
    MetadataLog log = new MetadataLog(directory, io);
    try {
      log.take(content);
      return log;
    } catch (IOException | RuntimeException e) {
      log.close();
      throw e;
    }
  }

  private void take(LogContent content) throws IOException {
    snapshot = content.snapshot();
    endOffset = content.endOffset();
    if (snapshot != null) {
      termStarts.put(0L, snapshot.term());
    }
    for (Entry entry : content.entries()) {
      noteTerm(entry);
    }
    List<LogContent.Segment> segments = content.segments();
    for (int i = 0; i < segments.size() - 1; i++) {
      LogContent.Segment segment = segments.get(i);
      closed.add(new Segment(segment.path(), segment.baseOffset(), segment.validBytes()));
      closedBytes += segment.validBytes();
    }
    if (segments.isEmpty()) {
      create(endOffset);
    } else {
      LogContent.Segment last = segments.get(segments.size() - 1);
      active = new Segment(last.path(), last.baseOffset(), 0);
      size = last.validBytes();
      channel = io.open(active.path(), StandardOpenOption.READ, StandardOpenOption.WRITE);
      if (last.totalBytes() > size) {
        LOG.warn(
            "Metadata log {}: cut {} bytes of an incomplete batch at offset {}, byte {}; it was"
                + " never acknowledged",
            active.path(),
            last.totalBytes() - size,
            endOffset,
            size);
        io.truncate(channel, size);
      }
      // What a killed process wrote is read from the page cache, and is on the disk only now.
      io.force(channel, true);
    }
    deleteBelowSnapshot();
  }

  /** Durable on return. */
  void persist(HardState state) throws AppendFailure {
    try {
      HardStateFile.write(io, directory, state);
    } catch (IOException e) {
      throw new AppendFailure(
          "Cannot write " + directory.resolve(HardStateFile.NAME) + ": " + e.getMessage(),
          io.outOfSpace(e, directory),
          e);
    }
  }

  /**
   * Appends entries, which must follow each other and the log; durable on return. After a failure
   * {@link #endOffset} says how many are in the log nevertheless.
   */
  void append(List<Entry> entries, long nowMs) throws AppendFailure {
    int from = 0;
    while (from < entries.size()) {
      int to = from;
      int records = 0;
      do {
        records += entries.get(to).records().size();
        to++;
      } while (to < entries.size()
          && entries.get(to).term() == entries.get(from).term()
          && records + entries.get(to).records().size() <= MAX_RECORDS_PER_BATCH);
      appendBatch(entries.subList(from, to), nowMs);
      from = to;
    }
  }

  private void appendBatch(List<Entry> entries, long nowMs) throws AppendFailure {
    if (entries.get(0).baseOffset() != endOffset) {
      throw new IllegalStateException(
          "Entry at "
              + entries.get(0).baseOffset()
              + " does not follow the log's end "
              + endOffset);
    }
    ByteBuffer batch = EntryCodec.encode(entries, nowMs);
    int batchSize = batch.remaining();
    try {
      io.writeFully(channel, batch, size);
    } catch (IOException e) {
      throw new AppendFailure(
          "Cannot write " + active.path() + ": " + e.getMessage(), cutBack(e), e);
    }
    try {
      io.force(channel, false);
    } catch (IOException e) {
      throw new AppendFailure(
          "Cannot fsync " + active.path() + ": " + e.getMessage(), /* retriable= */ false, e);
    }
    size += batchSize;
    for (Entry entry : entries) {
      noteTerm(entry);
      endOffset = entry.endOffset();
    }
  }

  private boolean cutBack(IOException cause) {
    try {
      io.truncate(channel, size);
      return io.outOfSpace(cause, directory);
    } catch (IOException e) {
      cause.addSuppressed(e);
      return false;
    }
  }

  private void noteTerm(Entry entry) {
    if (termStarts.isEmpty() || termStarts.lastEntry().getValue() < entry.term()) {
      termStarts.put(entry.baseOffset(), entry.term());
    }
  }

  /** End (exclusive) of what is durable. */
  long endOffset() {
    return endOffset;
  }

  /** Bytes of log that the next snapshot would make superfluous. */
  long bytesSinceSnapshot() {
    return closedBytes + size;
  }

  /**
   * Starts a new segment, so that a snapshot can free all before it.
   *
   * @return false = there is no new one, and appends go on in the old one
   * @throws AppendFailure a new file is there that must not be: nobody may append any more
   */
  boolean roll() throws AppendFailure {
    if (active.baseOffset() == endOffset) {
      return true;
    }
    Segment full = new Segment(active.path(), active.baseOffset(), size);
    FileChannel fullChannel = channel;
    try {
      create(endOffset);
    } catch (IOException e) {
      LOG.warn("Metadata log {}: cannot start a segment at {}", directory, endOffset, e);
      removeFailed(segmentPath(endOffset));
      return false;
    }
    closed.add(full);
    closedBytes += full.bytes();
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

  private Path segmentPath(long baseOffset) {
    return directory.resolve(String.format(Locale.ROOT, "%020d.log", baseOffset));
  }

  private void create(long baseOffset) throws IOException {
    Path path = segmentPath(baseOffset);
    FileChannel created =
        io.open(
            path,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE);
    try {
      io.fsyncDirectory(directory);
    } catch (IOException e) {
      created.close();
      throw e;
    }
    channel = created;
    active = new Segment(path, baseOffset, 0);
    size = 0;
  }

  /** Writes a snapshot, durable on return, and then deletes what it stands for. */
  void snapshot(long lastOffset, List<MetadataRecord> records, long nowMs) throws IOException {
    long end = lastOffset + 1;
    if (end > endOffset || (snapshot != null && end <= snapshot.endOffset())) {
      throw new IllegalArgumentException(
          "Snapshot up to " + end + ", but the log ends at " + endOffset + ", last " + snapshot);
    }
    int term = termStarts.floorEntry(lastOffset).getValue();
    SnapshotFile old = snapshot;
    snapshot = SnapshotFile.write(io, directory, end, term, records, nowMs);
    if (old != null) {
      io.delete(old.path());
    }
    deleteBelowSnapshot();
    LOG.info(
        "Metadata snapshot {} with {} records; the log starts at {}",
        snapshot.path().getFileName(),
        records.size(),
        closed.isEmpty() ? active.baseOffset() : closed.get(0).baseOffset());
  }

  private void deleteBelowSnapshot() throws IOException {
    while (snapshot != null && !closed.isEmpty()) {
      long end = closed.size() > 1 ? closed.get(1).baseOffset() : active.baseOffset();
      if (end > snapshot.endOffset()) {
        return;
      }
      Segment superfluous = closed.remove(0);
      closedBytes -= superfluous.bytes();
      io.delete(superfluous.path());
    }
  }

  void close() throws IOException {
    if (channel != null) {
      channel.close();
    }
  }
}
