package io.millrace.log;

import io.millrace.log.clean.CleanerConfig;
import io.millrace.log.clean.CleaningRules;
import io.millrace.log.clean.CleaningRules.Marker;
import io.millrace.log.clean.LogCompaction;
import io.millrace.log.clean.OffsetMap;
import io.millrace.log.clean.TableMemory;
import io.millrace.log.clean.TransactionOutcomes;
import io.millrace.record.BatchFilter;
import io.millrace.record.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;

/**
 * One round of compaction of a log. First it reads the dirty part and notes the last offset of each
 * key ({@link #prepare}); when there are more keys than fit the memory, the round covers only what
 * lies before. Then it writes the segments anew, group by group ({@link #clean}), with what the
 * {@link CleaningRules} leave.
 *
 * <p>Owner: log directory worker, one task at a time; made by the partition loop.
 */
final class CleaningPass {
  /** A step takes another group while all of it together is no larger, and has no more files. */
  private static final long STEP_BYTES = 64L << 20;

  private static final int STEP_GROUPS = 64;

  /** So long it works before it yields. */
  private static final long TURN_NANOS = TimeUnit.MICROSECONDS.toNanos(200);

  private static final SecureRandom SECRETS = new SecureRandom();

  private final CleaningPlan plan;
  private final CleanerConfig config;
  private final TableMemory tables;
  private final CleaningMeter meter;
  private final BatchFilter filter = new BatchFilter();
  private final List<List<SegmentIndexes.Source>> groups = new ArrayList<>();

  // Made by the worker: so much memory takes a while. Null = not made yet.
  private OffsetMap map;
  private SegmentBatches batches;
  private ByteBuffer output;

  /** Null = no transaction was met. */
  private TransactionOutcomes outcomes;

  private CleaningRules rules;

  /** Up to here (inclusive) the map knows all keys. */
  private long latestOffset;

  private boolean full;

  /** When it yields again. */
  private long turnEndNanos = System.nanoTime();

  /** The segment that is being read; null = none is. */
  private SegmentIndexes.Source reading;

  /** Of the bytes read, those to note keys; -1 = that goes on. */
  private volatile long mappedBytes = -1;

  private volatile boolean cancelled;

  /** The partition loop waits for the end of the step; it begins none without clearing this. */
  private volatile boolean awaited;

  CleaningPass(CleaningPlan plan, CleanerResources resources) {
    this.plan = plan;
    this.config = resources.config();
    this.tables = resources.tables();
    this.meter = new CleaningMeter(resources, this::check);
    this.latestOffset = plan.dirty().firstDirty() - 1;
  }

  /** Whether it only reads, so that others may delete segments. */
  boolean mapping() {
    return mappedBytes < 0;
  }

  /** How far it is; from any thread. */
  LogCompaction.Running progress() {
    long whole = plan.dirty().cleanBytes() + plan.dirty().dirtyBytes();
    return new LogCompaction.Running(
        plan.nowMs(),
        mapping() ? LogCompaction.Phase.MAPPING : LogCompaction.Phase.COPYING,
        plan.dirty().dirtyBytes() + whole,
        meter.readBytes());
  }

  /** What it did, after its end. */
  CleanerFigures.Round figures(long nowMs) {
    return new CleanerFigures.Round(
        mappedBytes,
        meter.readBytes() - mappedBytes,
        meter.writtenBytes(),
        Math.max(0, nowMs - plan.nowMs()),
        (double) map.size() / map.limit());
  }

  /** Gives its memory back, after its end. */
  void release(CleanerConfig now) {
    if (map != null) {
      map.release(tables, now.dedupeBytes());
    }
  }

  /** Where what made it fail can be, after its end. */
  List<SegmentIndexes.Source> suspects() {
    return reading == null ? plan.segments() : List.of(reading);
  }

  /** Segments were deleted from the start of the log; between two tasks of the worker. */
  void onDeletedBelow(long baseOffset) {
    groups.replaceAll(
        group ->
            group.isEmpty() || group.get(0).baseOffset() >= baseOffset
                ? group
                : group.stream().filter(segment -> segment.baseOffset() >= baseOffset).toList());
  }

  CleaningPlan plan() {
    return plan;
  }

  /** Ends the round as soon as it can be; from any thread. */
  void cancel() {
    cancelled = true;
  }

  /** Whether the step that runs is to end with the group at which it is; from the loop. */
  void expectEnd(boolean waiting) {
    awaited = waiting;
  }

  /** Up to where (exclusive) the log is clean after the round. */
  long endOffset() {
    return latestOffset + 1;
  }

  /** To be called often. Throws if the round is to end. */
  private void check() {
    yieldToOthers();
    if (cancelled || plan.directory().closing() || plan.directory().failure() != null) {
      throw new CancellationException("the log is being closed or cut");
    }
  }

  /**
   * Lets others have the processor that want it now; they would wait for what the scheduler lets a
   * thread that only computes, which is milliseconds. Who takes it for longer has to wait as long.
   */
  @SuppressWarnings("ThreadPriorityCheck") // Nothing relies on it: others only wait for longer.
  private void yieldToOthers() {
    long begun = System.nanoTime();
    if (begun - turnEndNanos >= 0) {
      Thread.yield();
      long now = System.nanoTime();
      turnEndNanos = now + Math.max(TURN_NANOS, now - begun);
    }
  }

  /**
   * Reads the dirty part.
   *
   * @return how many groups of segments are to be cleaned; 0 = nothing can be done now
   */
  int prepare() throws IOException {
    check();
    long mostKeys = plan.dirty().end() - plan.dirty().firstDirty();
    map =
        new OffsetMap(
            tables,
            config.dedupeBytesOfOne(),
            config.loadFactor(),
            mostKeys,
            SECRETS.nextLong(),
            SECRETS.nextLong());
    batches = new SegmentBatches(config.ioBytesOfOne(), meter);
    output = ByteBuffer.allocate(config.ioBytesOfOne());
    for (int i = 0; i < plan.segments().size() && !full; i++) {
      SegmentIndexes.Source segment = plan.segments().get(i);
      if (segment.endOffset() > plan.dirty().firstDirty()) {
        map(i);
      }
    }
    mappedBytes = meter.readBytes();
    if (endOffset() <= plan.dirty().firstDirty()) {
      return 0;
    }
    rules =
        new CleaningRules(
            map,
            latestOffset,
            outcomes == null ? new TransactionOutcomes() : outcomes,
            plan.lastRecords(),
            plan.dirty().end(),
            plan.nowMs(),
            plan.config().compaction().deleteRetentionMs());
    groups.addAll(plan.groups(endOffset()));
    return groups.size();
  }

  private void map(int index) throws IOException {
    SegmentIndexes.Source segment = plan.segments().get(index);
    FileChannel channel = acquire(segment);
    if (channel == null) {
      return;
    }
    try {
      batches.start(
          channel, segment.file().path(), firstDirtyBatch(channel, segment), segment.size());
      while (!full && batches.next()) {
        check();
        map(index, batches.buffer(), batches.at());
      }
    } finally {
      segment.file().release();
    }
    reading = null;
    if (!full) {
      latestOffset = Math.max(latestOffset, segment.endOffset() - 1);
    }
  }

  /** Opens a segment to note its keys; null = it was deleted meanwhile. */
  private FileChannel acquire(SegmentIndexes.Source segment) throws IOException {
    reading = segment;
    try {
      return segment.file().acquire();
    } catch (IOException e) {
      if (!segment.file().doomed()) {
        throw e;
      }
      reading = null;
      return null;
    }
  }

  private long firstDirtyBatch(FileChannel channel, SegmentIndexes.Source segment)
      throws IOException {
    if (plan.dirty().firstDirty() <= segment.baseOffset()) {
      return 0;
    }
    BatchScanner headers = new BatchScanner(channel, 0, segment.size());
    return headers.nextUpTo(plan.dirty().firstDirty()) ? headers.position() : segment.size();
  }

  private void map(int index, ByteBuffer buffer, int at) throws IOException {
    boolean control = RecordBatch.isControl(buffer, at);
    long base = RecordBatch.baseOffset(buffer, at);
    boolean aborted = false;
    if (control || RecordBatch.isTransactional(buffer, at)) {
      if (outcomes == null) {
        outcomes = readOutcomes(index, batches.position());
      }
      aborted = outcomes.isAborted(RecordBatch.producerId(buffer, at), base);
    }
    if (outcomes != null && base >= outcomes.undecidedFrom()) {
      // Whether these records count is written behind what may be cleaned: the next round knows.
      full = true;
      return;
    }
    if (!control && !aborted) {
      filter.open(buffer, at);
      lookAhead();
      filter.select(this::map);
    }
    if (!full) {
      latestOffset = Math.max(latestOffset, RecordBatch.lastOffset(buffer, at));
    }
  }

  /** Has the map bring near what it will be asked about the open batch. */
  private void lookAhead() {
    map.beginBatch();
    filter.select(this::announce);
    map.fetch();
  }

  /** Tells the map of a record's key; the answer means nothing. */
  private boolean announce(long offset, ByteBuffer key, boolean hasValue) {
    if (key != null) {
      map.ahead(key, offset);
    }
    return false;
  }

  /** Notes a record's key; the answer means nothing. */
  private boolean map(long offset, ByteBuffer key, boolean hasValue) {
    if (key != null && offset >= plan.dirty().firstDirty() && !full) {
      if (map.put(key, offset)) {
        latestOffset = offset;
      } else {
        full = true;
      }
    }
    return false;
  }

  /** Reads headers and markers from the first transactional batch on. */
  private TransactionOutcomes readOutcomes(int index, long position) throws IOException {
    TransactionOutcomes found = new TransactionOutcomes();
    long from = position;
    for (SegmentIndexes.Source segment : plan.segments().subList(index, plan.segments().size())) {
      FileChannel channel = acquire(segment);
      if (channel == null) {
        continue;
      }
      try {
        BatchScanner headers = new BatchScanner(channel, from, segment.size());
        while (headers.next()) {
          check();
          ByteBuffer header = headers.header();
          int at = headers.headerAt();
          long producerId = RecordBatch.producerId(header, at);
          if (RecordBatch.isControl(header, at)) {
            Marker marker = ControlRecords.read(channel, headers);
            if (marker == Marker.ABORT || marker == Marker.COMMIT) {
              found.onMarker(producerId, headers.lastOffset(), marker == Marker.COMMIT);
            }
          } else if (RecordBatch.isTransactional(header, at)) {
            found.onBatch(producerId, headers.baseOffset());
          }
        }
      } finally {
        segment.file().release();
      }
      from = 0;
    }
    reading = plan.segments().get(index);
    return found;
  }

  /** Base offset of the first segment of a group. */
  long baseOffset(int group) {
    return groups.get(group).get(0).baseOffset();
  }

  int segments(int group) {
    return groups.get(group).size();
  }

  /**
   * Writes the segments that are to take the place of the next groups: of a large one, or of some
   * small ones. When one of them fails, what is done before it counts, and the next step meets it
   * again.
   */
  CleaningStep clean(int from) throws IOException {
    List<CleaningStep.Group> done = new ArrayList<>();
    int number = from;
    try {
      long bytes = 0;
      while (number < groups.size()) {
        bytes += bytes(number);
        boolean enough = bytes > STEP_BYTES || done.size() == STEP_GROUPS;
        if (number > from && (enough || awaited)) {
          break;
        }
        CleanedSegment cleaned = segments(number) == 0 ? null : write(number);
        if (cleaned != null) {
          done.add(new CleaningStep.Group(number, cleaned));
        }
        number++;
      }
    } catch (IOException | RuntimeException | Error e) {
      if (done.isEmpty()) {
        throw e;
      }
    }
    List<CleanedSegment> finished = done.stream().map(CleaningStep.Group::cleaned).toList();
    try {
      CleanedSegment.name(finished);
    } catch (IOException | RuntimeException | Error e) {
      finished.forEach(cleaned -> cleaned.abandon(e));
      throw e;
    }
    return new CleaningStep(done, number);
  }

  private long bytes(int group) {
    return groups.get(group).stream().mapToLong(SegmentIndexes.Source::size).sum();
  }

  /** Null = the group is one segment and nothing of it goes; it stays. */
  private CleanedSegment write(int number) throws IOException {
    check();
    List<SegmentIndexes.Source> group = groups.get(number);
    SegmentIndexes.Source first = group.get(0);
    SegmentIndexes.Source last = group.get(group.size() - 1);
    CleanedSegment cleaned =
        CleanedSegment.create(
            plan.directory(),
            plan.path(),
            first.baseOffset(),
            plan.config().indexIntervalBytes(),
            output,
            meter);
    try {
      Set<Long> keptAborts = new HashSet<>();
      List<TransactionIndexFile.Entry> aborted = new ArrayList<>();
      for (SegmentIndexes.Source segment : group) {
        copy(segment, cleaned, keptAborts);
        Path index =
            SegmentNames.file(plan.path(), segment.baseOffset(), SegmentNames.TRANSACTION_INDEX);
        aborted.addAll(TransactionIndexFile.read(plan.directory().io(), index));
      }
      if (group.size() == 1 && !cleaned.changed()) {
        cleaned.abandon(new CancellationException());
        return null;
      }
      check();
      // An entry without its marker would hide all that the producer wrote later.
      aborted.removeIf(entry -> !keptAborts.contains(entry.lastOffset()));
      FileTime modified = Files.getLastModifiedTime(last.file().path());
      cleaned.finish(last.endOffset(), aborted, modified);
      return cleaned;
    } catch (IOException | RuntimeException | Error e) {
      cleaned.abandon(e);
      throw e;
    }
  }

  private void copy(SegmentIndexes.Source segment, CleanedSegment cleaned, Set<Long> keptAborts)
      throws IOException {
    reading = segment;
    FileChannel channel = segment.file().acquire();
    try {
      batches.start(channel, segment.file().path(), 0, segment.size());
      while (batches.next()) {
        check();
        copy(batches.buffer(), batches.at(), cleaned, keptAborts);
      }
    } finally {
      segment.file().release();
    }
    reading = null;
  }

  private void copy(ByteBuffer buffer, int at, CleanedSegment cleaned, Set<Long> keptAborts)
      throws IOException {
    boolean control = RecordBatch.isControl(buffer, at);
    Marker marker = control ? ControlRecords.marker(buffer, at) : Marker.NONE;
    rules.onBatch(buffer, at, marker);
    if (!control && !rules.discardsRecords() && RecordBatch.baseOffset(buffer, at) > latestOffset) {
      cleaned.append(buffer, at, true);
      return;
    }
    int count = RecordBatch.count(buffer, at);
    int left = rules.discardsRecords() ? 0 : select(buffer, at, control);
    if (left > 0) {
      boolean had = RecordBatch.hasDeleteHorizon(buffer, at);
      long horizonMs = had ? RecordBatch.NO_TIMESTAMP : rules.newHorizonMs();
      if (left == count && horizonMs == RecordBatch.NO_TIMESTAMP) {
        cleaned.append(buffer, at, true);
      } else {
        cleaned.append(filter.rebuild(horizonMs), 0, false);
      }
      if (marker == Marker.ABORT) {
        keptAborts.add(RecordBatch.lastOffset(buffer, at));
      }
    } else if (!rules.staysEmpty()) {
      cleaned.skip();
    } else if (count == 0) {
      cleaned.append(buffer, at, true);
    } else {
      cleaned.append(BatchFilter.emptied(buffer, at), 0, false);
    }
  }

  /** Selects the records of a batch that stay; how many. */
  private int select(ByteBuffer buffer, int at, boolean control) {
    filter.open(buffer, at);
    if (!control) {
      lookAhead();
    }
    return filter.select(rules::retains);
  }
}
