package io.millrace.log;

import io.millrace.log.LogWorker.Lane;
import io.millrace.log.ScrubCheckpoint.Progress;
import io.millrace.model.TopicPartition;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the closed segments of one log directory round and round, the log first that was not read
 * for longest, in small steps with rests between them, so that it reads no more in a second than it
 * may. What is found bad is reported and, where another replica has it, repaired ({@link
 * ScrubRepairs}) before it goes on. A log in which something is bad is read again soon.
 *
 * <p>Owner: log directory worker, lane SCRUB, which has one thread; {@link #status} is for any
 * thread.
 */
final class LogScrubber {
  private static final Logger LOG = LoggerFactory.getLogger(LogScrubber.class);

  /** A damaged log is read again after so long, unless all are read more often. */
  private static final long AGAIN_MS = 600_000;

  /** How far it has come is written down after so long. */
  private static final long SAVE_MS = 10_000;

  /** While it is turned off or the disk is busy. */
  private static final long REST_MS = 1_000;

  /** A loop that has not answered by then is asked again. */
  private static final long PATIENCE_MS = 60_000;

  private static final long LEAST_REST_MS = 10;

  private final LogDirectory directory;
  private final ScrubResources resources;
  private final ScrubReader reader;
  private final ScrubRepairs repairs;

  /** Invariant: what it says of a log was read of the files that the log has here now. */
  private final Map<TopicPartition, Progress> progress = new HashMap<>();

  /** The checkpoint is read. */
  private boolean loaded;

  /** Logs with something bad are not read again before. */
  private final Map<TopicPartition, Long> notBefore = new HashMap<>();

  private record Due(PartitionLog log, long lastRoundMs) {}

  /** Logs that wait for their turn, the one first that waits longest. */
  private final ArrayDeque<PartitionLog> due = new ArrayDeque<>();

  /** When the log was read that waited longest, when they were looked through. */
  private long oldestMs = -1;

  /** The log that is being read; null = one is to be chosen. */
  private PartitionLog log;

  private long roundBegunMs;

  /** The round began at the start of the log, in this process. */
  private boolean fromStart;

  private final List<BadBatches.Found> badInRound = new ArrayList<>();
  private SegmentScrub.Target target;

  /** When it was begun to be read. */
  private long segmentBegunMs;

  /** The segment that is being read; null = its owner is asked for one. */
  private SegmentScrub scrub;

  /** A question to a loop that it has not answered; 0 = there is none. */
  private long askedMs;

  private long asked;
  private long savedMs;
  private boolean unsaved;
  private long readBytes;

  /** What had been written to the directory when it was last looked at. */
  private long writtenBefore;

  /** Of the step that is being done. */
  private long stepBytes;

  private volatile ScrubStatus status;

  LogScrubber(LogDirectory directory, ScrubResources resources) {
    this.directory = directory;
    this.resources = resources;
    this.reader = new ScrubReader(directory.io(), directory.path());
    this.repairs = new ScrubRepairs(resources, directory::nowMs, this::onWorker);
    this.savedMs = directory.nowMs();
    this.status = new ScrubStatus(directory.toString(), reader.direct(), 0, null, 0, -1);
  }

  private void load() {
    if (loaded) {
      return;
    }
    loaded = true;
    try {
      progress.putAll(ScrubCheckpoint.read(directory.path()));
    } catch (IOException e) {
      LOG.warn("{}; every log is scrubbed from its start", e.getMessage());
    }
  }

  /** Begins. */
  void start() {
    directory.worker().later(0, Lane.SCRUB, this::turn);
  }

  ScrubStatus status() {
    return status;
  }

  /**
   * A log is about to come here from another directory: what was read of it here says nothing of
   * the files that come, which may lack what was repaired there while they were copied. It is due
   * at once, after a restart too. On the worker.
   */
  void forget(TopicPartition partition) throws IOException {
    load();
    if (log != null && log.id().topicPartition().equals(partition)) {
      leave();
    }
    notBefore.remove(partition);
    if (progress.remove(partition) != null) {
      unsaved = true;
      write();
    }
  }

  private void turn() {
    load();
    if (directory.failure() != null) {
      closeReader();
      return;
    }
    if (directory.closing()) {
      save();
      closeReader();
      return;
    }
    long restMs;
    try {
      restMs = work();
    } catch (RuntimeException bug) {
      LOG.error("The scrub of {} failed; it goes on with the next log", directory, bug);
      leave();
      restMs = REST_MS;
    }
    directory.worker().later(restMs, Lane.SCRUB, this::turn);
  }

  /** Does something; returns how long to rest after it, in ms. */
  private long work() {
    ScrubSettings settings = resources.settings();
    long nowMs = directory.nowMs();
    if (unsaved && nowMs - savedMs >= SAVE_MS) {
      save();
    }
    if (!settings.enabled() || isBusy()) {
      return REST_MS;
    }
    if (repairs.busy()) {
      return LEAST_REST_MS;
    }
    if (scrub != null) {
      return step(settings);
    }
    if (askedMs > 0 && nowMs - askedMs < PATIENCE_MS) {
      return LEAST_REST_MS;
    }
    askedMs = 0;
    if (log == null && !choose(settings, nowMs)) {
      return Math.max(LEAST_REST_MS, Math.min(REST_MS, settings.intervalMs() / 10));
    }
    ask(nowMs);
    return LEAST_REST_MS;
  }

  /** Whether writes are slow. After the last one of them that says nothing any more. */
  private boolean isBusy() {
    long written = directory.residency().getAsLong();
    boolean busy = directory.slow() && written != writtenBefore;
    writtenBefore = written;
    return busy;
  }

  /** The log that waits longest; false = none is to be read now. */
  private boolean choose(ScrubSettings settings, long nowMs) {
    if (due.isEmpty()) {
      lookForDue(settings, nowMs);
    }
    PartitionLog longest = due.poll();
    status =
        new ScrubStatus(
            directory.toString(),
            reader.direct(),
            readBytes,
            longest == null ? null : longest.id().toString(),
            due.size(),
            oldestMs);
    log = longest;
    roundBegunMs = nowMs;
    if (log != null) {
      badInRound.clear();
      TopicPartition partition = log.id().topicPartition();
      fromStart = progress.getOrDefault(partition, Progress.NONE).nextOffset() == 0;
    }
    return longest != null;
  }

  /** Once for all that are due now: there can be thousands. */
  private void lookForDue(ScrubSettings settings, long nowMs) {
    if (resources.bad().count() > 0) {
      resources.bad().onHere(directory.toString(), directory.partitions());
    }
    List<Due> found = new ArrayList<>();
    long oldest = Long.MAX_VALUE;
    for (PartitionLog each : directory.openLogs()) {
      TopicPartition partition = each.id().topicPartition();
      long last = progress.getOrDefault(partition, Progress.NONE).lastRoundMs();
      // A clock that was set back must not keep a log from its turn for years.
      boolean waits = nowMs - last >= settings.intervalMs() || last > nowMs;
      if (waits && nowMs >= notBefore.getOrDefault(partition, 0L)) {
        found.add(new Due(each, last));
      }
      oldest = Math.min(oldest, last);
    }
    found.sort(Comparator.comparingLong(Due::lastRoundMs));
    found.forEach(one -> due.add(one.log));
    oldestMs = oldest == Long.MAX_VALUE ? -1 : oldest;
  }

  private void ask(long nowMs) {
    askedMs = nowMs;
    long question = ++asked;
    PartitionLog of = log;
    long from = progress.getOrDefault(of.id().topicPartition(), Progress.NONE).nextOffset();
    of.scrubbing().next(directory, from, answer -> onWorker(() -> onAnswer(question, of, answer)));
  }

  private void onWorker(Runnable task) {
    try {
      directory.worker().execute(Lane.SCRUB, task);
    } catch (RejectedExecutionException e) {
      LOG.debug("The directory is being closed");
    }
  }

  private void onAnswer(long question, PartitionLog of, LogScrubbing.Next answer) {
    if (question != asked || of != log || askedMs == 0) {
      return;
    }
    askedMs = 0;
    if (!answer.here()) {
      leave(); // closed, or in another directory, which reads it from its start
      return;
    }
    if (answer.segment() == null) {
      onRound();
      return;
    }
    target = answer.segment();
    segmentBegunMs = directory.nowMs();
    SegmentFile file = target.source().file();
    try {
      reader.open(file.path(), target.source().size());
      IndexCheck indexes = IndexCheck.of(directory.io(), target.source());
      // Before the check the name may have become that of a compacted segment.
      scrub = file.doomed() ? null : new SegmentScrub(target, reader, indexes);
    } catch (IOException e) {
      onUnreadable(e);
    }
  }

  private long step(ScrubSettings settings) {
    long began = System.nanoTime();
    try {
      if (target.source().file().doomed()) {
        scrub = null;
        return LEAST_REST_MS;
      }
      boolean more = scrub.step();
      account();
      if (!more) {
        onSegment();
      }
    } catch (IOException e) {
      onUnreadable(e);
    }
    long bytes = stepBytes;
    stepBytes = 0;
    long tookMs = (System.nanoTime() - began) / 1_000_000;
    return Math.max(0, bytes * 1000 / settings.bytesPerSecond() - tookMs);
  }

  private void account() {
    long read = reader.takeReadBytes();
    stepBytes += read;
    readBytes += read;
    resources.onRead(read);
  }

  /** A sector that the disk cannot read is a fault of the disk: the directory decides. */
  private void onUnreadable(IOException cause) {
    SegmentFile file = target.source().file();
    scrub = null;
    if (!file.doomed() && !directory.closing()) {
      if (directory.health().passes(cause)) {
        return;
      }
      long size = target.source().size();
      report(
          List.of(
              new BadRange(
                  0,
                  (int) size,
                  target.source().baseOffset(),
                  target.source().endOffset(),
                  "it cannot be read: " + cause.getMessage())));
      nextSegment();
    }
  }

  private void onSegment() {
    List<BadRange> ranges = scrub.found();
    String indexProblem = scrub.indexProblem();
    scrub = null;
    if (target.source().file().doomed()) {
      return;
    }
    for (BadBatches.Found found : report(ranges)) {
      repairs.add(log, target, found);
    }
    if (indexProblem != null) {
      repairs.rebuild(log, target, indexProblem);
    }
    nextSegment();
  }

  private void nextSegment() {
    TopicPartition partition = log.id().topicPartition();
    Progress before = progress.getOrDefault(partition, Progress.NONE);
    note(partition, new Progress(before.lastRoundMs(), target.source().endOffset()));
  }

  private void note(TopicPartition partition, Progress now) {
    progress.put(partition, now);
    unsaved = true;
  }

  /** All closed segments of the log were read. */
  private void onRound() {
    TopicPartition partition = log.id().topicPartition();
    Progress before = progress.getOrDefault(partition, Progress.NONE);
    if (fromStart) {
      // What was bad in segments that are gone is so no more.
      resources.bad().onLookedAt(log.id(), directory.toString(), null, badInRound);
    }
    if (resources.bad().concerns(log.id(), directory.toString())) {
      // Not complete: after a restart it is read first.
      note(partition, new Progress(before.lastRoundMs(), 0));
      notBefore.put(
          partition, directory.nowMs() + Math.min(AGAIN_MS, resources.settings().intervalMs()));
    } else {
      notBefore.remove(partition);
      note(partition, new Progress(roundBegunMs, 0));
    }
    leave();
  }

  private void leave() {
    log = null;
    target = null;
    scrub = null;
    askedMs = 0;
  }

  // ---- what is bad

  private List<BadBatches.Found> report(List<BadRange> ranges) {
    List<BadBatches.Found> now = new ArrayList<>(ranges.size());
    for (BadRange range : ranges) {
      BadBatches.Found found = found(range);
      now.add(found);
      resources.onFound(found);
    }
    badInRound.addAll(now);
    resources.bad().onLookedAt(log.id(), directory.toString(), fileName(), now);
    return now;
  }

  private BadBatches.Found found(BadRange range) {
    return new BadBatches.Found(
        log.id(),
        directory.toString(),
        fileName(),
        range.position(),
        range.length(),
        range.fromOffset(),
        range.toOffset(),
        range.problem(),
        segmentBegunMs,
        BadBatches.State.BAD,
        null,
        -1);
  }

  private String fileName() {
    return target.source().file().path().getFileName().toString();
  }

  // ---- the checkpoint

  private void save() {
    savedMs = directory.nowMs();
    Set<TopicPartition> here = directory.partitions();
    progress.keySet().retainAll(here);
    notBefore.keySet().retainAll(here);
    try {
      write();
    } catch (IOException e) {
      LOG.debug("How far the scrub has come is not written down: {}", e.getMessage());
    }
  }

  private void write() throws IOException {
    ScrubCheckpoint.write(directory.io(), directory.path(), progress);
    unsaved = false;
  }

  private void closeReader() {
    try {
      reader.close();
    } catch (IOException e) {
      LOG.debug("Closing failed", e);
    }
  }
}
