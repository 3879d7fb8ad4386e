package io.millrace.quorum;

import io.millrace.log.FileIo;
import io.millrace.metadata.MetadataRecord;
import io.millrace.quorum.state.Entry;
import io.millrace.quorum.state.HardState;
import io.millrace.quorum.state.SnapshotId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files of the metadata log: entries, the newest snapshot, the {@link HardStateFile} and the
 * {@link CommittedEndFile}.
 *
 * <pre>
 *   __cluster_metadata-0/
 *     formation                                   with what the cluster began
 *     quorum-state                                term and vote
 *     committed-end                               up to where it is known to be committed
 *     00000000000000000000.log                    record batches; the name is the first offset
 *     00000000000000004711-0000000003.checkpoint  stands for all offsets below 4711
 * </pre>
 *
 * <p>Every append is one batch and one fsync, and the next batch is written only after it: see
 * {@link SegmentScan}. All methods block.
 *
 * <p>Invariant: nothing below committedEnd is ever cut, and what is remembered of it is durable.
 *
 * <p>Owner: metadata log worker.
 */
final class MetadataLog {
  private static final Logger LOG = LoggerFactory.getLogger(MetadataLog.class);

  /** Entries that wait together become one batch until it holds this many records. */
  private static final int MAX_RECORDS_PER_BATCH = 20_000;

  /** And so many bytes of them: followers get whole batches read for them, of about that size. */
  private static final int MAX_BYTES_PER_BATCH = 1 << 20;

  /** A segment is closed when it has so many bytes, snapshot or not. */
  private static final int MAX_SEGMENT_BYTES = 256 << 20;

  private final Path directory;
  private final FileIo io;
  private final SnapshotSource snapshots = new SnapshotSource();
  private final LogSegments segments;
  private final TreeMap<Long, Integer> termStarts = new TreeMap<>();
  private final CommittedEndFile committedFile;
  private SnapshotFile snapshot;

  /** What arrives of a snapshot; null = nothing does. */
  private SnapshotSink arriving;

  private long endOffset;
  private long committedEnd;
  private long rememberedEnd;

  private MetadataLog(Path directory, FileIo io, LogContent content, LogSegments segments) {
    this.directory = directory;
    this.io = io;
    this.segments = segments;
    this.committedFile = new CommittedEndFile(io, directory);
    this.snapshot = content.snapshot();
    this.endOffset = content.endOffset();
    this.committedEnd = content.committedEnd();
    this.rememberedEnd = committedEnd;
    if (snapshot != null) {
      termStarts.put(0L, snapshot.term());
    }
    for (Entry entry : content.entries()) {
      noteTerm(entry);
    }
  }

  /** Opens or creates the log and repairs what a crash can leave. */
  static MetadataLog open(Path directory, FileIo io, LogContent content) throws IOException {
    MetadataLog log =
        new MetadataLog(directory, io, content, LogSegments.open(directory, io, content));
    try {
      log.deleteBelowSnapshot();
      return log;
    } catch (IOException | RuntimeException e) {
      log.close();
      throw e;
    }
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
      long bytes = 0;
      do {
        records += entries.get(to).records().size();
        bytes += entries.get(to).bytes();
        to++;
      } while (to < entries.size()
          && entries.get(to).term() == entries.get(from).term()
          && records + entries.get(to).records().size() <= MAX_RECORDS_PER_BATCH
          && bytes + entries.get(to).bytes() <= MAX_BYTES_PER_BATCH);
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
    if (segments.activeBytes() > MAX_SEGMENT_BYTES) {
      roll();
    }
    segments.append(endOffset, EntryCodec.encode(entries, nowMs));
    for (Entry entry : entries) {
      noteTerm(entry);
      endOffset = entry.endOffset();
    }
  }

  private void noteTerm(Entry entry) {
    if (termStarts.isEmpty() || termStarts.lastEntry().getValue() < entry.term()) {
      termStarts.put(entry.baseOffset(), entry.term());
    }
  }

  /**
   * Takes back everything from {@code end} on, which may lie within a batch; durable on return.
   *
   * @throws IllegalStateException if something of it is committed: a bug that must not go on
   */
  void truncateTo(long end) throws AppendFailure {
    if (end < committedEnd || end > endOffset) {
      throw new IllegalStateException(
          "Cannot cut the metadata log to "
              + end
              + ": it is committed up to "
              + committedEnd
              + " and ends at "
              + endOffset);
    }
    if (end == endOffset) {
      return;
    }
    long from = endOffset;
    segments.truncateTo(end);
    endOffset = end;
    termStarts.tailMap(end, true).clear();
    LOG.info(
        "Metadata log {}: took back offsets {} to {}, which no majority had",
        directory.getFileName(),
        end,
        from - 1);
  }

  /**
   * Entries from {@code from} on: whole ones up to {@code maxBytes} and up to {@code to}
   * (exclusive), but at least one; an entry that begins before {@code from} is cut there.
   *
   * @return empty = a snapshot has taken the place of {@code from}, or the log ends before it
   * @throws IOException also if what was written reads otherwise now
   */
  List<Entry> read(long from, long to, int maxBytes) throws IOException {
    if (from < startOffset() || from >= Math.min(to, endOffset)) {
      return List.of();
    }
    return segments.read(from, Math.min(to, endOffset), maxBytes);
  }

  /** The first offset that can be read. */
  long startOffset() {
    return segments.startOffset();
  }

  /** End (exclusive) of what is durable. */
  long endOffset() {
    return endOffset;
  }

  /** Everything below {@code end} is committed and is never to be cut. */
  void onCommitted(long end) {
    committedEnd = Math.max(committedEnd, end);
  }

  /**
   * Writes down what {@link #onCommitted} said; not durable, and a disk that is full is no reason
   * to fail.
   */
  void rememberCommitted() {
    long end = Math.min(committedEnd, endOffset);
    if (end <= rememberedEnd) {
      return;
    }
    try {
      committedFile.write(end);
      rememberedEnd = end;
    } catch (IOException e) {
      LOG.debug("Cannot write {}", directory.resolve(CommittedEndFile.NAME), e);
    }
  }

  /** Bytes of log that the next snapshot would make superfluous. */
  long bytesSinceSnapshot() {
    return segments.totalBytes();
  }

  /**
   * Starts a new segment, so that a snapshot can free all before it.
   *
   * @return false = there is no new one, and appends go on in the old one
   * @throws AppendFailure a new file is there that must not be: nobody may append any more
   */
  boolean roll() throws AppendFailure {
    return segments.roll(endOffset);
  }

  /**
   * Writes a snapshot, durable on return, and then deletes what it stands for.
   *
   * @return false = there is one already that stands for as much
   */
  boolean snapshot(long lastOffset, List<MetadataRecord> records, long nowMs) throws IOException {
    long end = lastOffset + 1;
    if (end > endOffset) {
      throw new IllegalArgumentException(
          "Snapshot up to " + end + ", but the log ends at " + endOffset);
    }
    if (snapshot != null && end <= snapshot.endOffset()) {
      return false;
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
        startOffset());
    return true;
  }

  private void deleteBelowSnapshot() throws IOException {
    if (snapshot != null) {
      segments.deleteBelow(snapshot.endOffset());
    }
  }

  /**
   * A piece of the newest snapshot, or of an older one that is being read.
   *
   * @return null = that snapshot is gone, or ends before the position
   */
  SnapshotSource.Piece readSnapshot(SnapshotId id, long position, int maxBytes) throws IOException {
    return snapshots.read(snapshot, id.endOffset(), position, maxBytes);
  }

  /**
   * A piece of a snapshot has come; position 0 begins it anew. Not durable, and the log is as it
   * was.
   */
  void receive(SnapshotId id, long position, ByteBuffer data) throws AppendFailure {
    try {
      if (position == 0) {
        forgetArriving();
        arriving = SnapshotSink.open(io, directory, id.endOffset(), id.term());
      }
      if (arriving == null
          || !arriving.isOf(id.endOffset(), id.term())
          || arriving.size() != position) {
        throw new IllegalStateException(
            "A piece of snapshot " + id + " at byte " + position + " does not follow what came");
      }
      arriving.append(data);
    } catch (IOException e) {
      throw new AppendFailure(
          "Cannot write a received snapshot in " + directory + ": " + e.getMessage(),
          io.outOfSpace(e, directory),
          e);
    }
  }

  private void forgetArriving() throws IOException {
    if (arriving != null) {
      SnapshotSink old = arriving;
      arriving = null;
      old.discard();
    }
  }

  /**
   * The snapshot that has arrived takes the place of the whole log, which goes on at its end;
   * durable on return.
   *
   * @return its records; null = it is not whole and was thrown away, and the log is as it was
   * @throws AppendFailure retriable = the log is as it was
   */
  List<MetadataRecord> install() throws AppendFailure {
    SnapshotSink whole = arriving;
    arriving = null;
    SnapshotFile received;
    List<MetadataRecord> records;
    try {
      received = whole.finish();
      records = received.read();
    } catch (MetadataLogException | RuntimeException e) {
      LOG.warn(
          "A received metadata snapshot is not whole and will be sent again: {}", e.getMessage());
      discard(whole);
      return null;
    } catch (IOException e) {
      throw new AppendFailure(
          "Cannot write a received snapshot in " + directory + ": " + e.getMessage(),
          /* retriable= */ false,
          e);
    }
    try {
      received = received.startInstall(io);
      segments.deleteAll();
      SnapshotFile old = snapshot;
      snapshot = received.finishInstall(io);
      if (old != null) {
        io.delete(old.path());
      }
      segments.beginAnew(received.endOffset());
    } catch (IOException e) {
      throw new AppendFailure(
          "Cannot install " + received.path() + ": " + e.getMessage(), /* retriable= */ false, e);
    }
    endOffset = snapshot.endOffset();
    committedEnd = Math.max(committedEnd, endOffset);
    termStarts.clear();
    termStarts.put(0L, snapshot.term());
    LOG.info(
        "Metadata log {}: begins anew behind a snapshot of {} records up to offset {}",
        directory.getFileName(),
        records.size(),
        endOffset - 1);
    return records;
  }

  private void discard(SnapshotSink sink) throws AppendFailure {
    try {
      sink.discard();
    } catch (IOException e) {
      throw new AppendFailure(
          "Cannot delete a received snapshot in " + directory + ": " + e.getMessage(),
          /* retriable= */ false,
          e);
    }
  }

  void close() throws IOException {
    try {
      forgetArriving();
      snapshots.close();
      committedFile.close();
    } finally {
      segments.close();
    }
  }
}
