package io.millrace.log;

import io.millrace.log.LogWorker.Lane;
import io.millrace.log.clean.LogCompaction;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.DoubleSupplier;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;

/**
 * Has the logs of one directory compacted, the filthiest first. Now and then it looks which logs
 * have something new ({@link PartitionLog#cleaningDueMs}, a field each), asks the owners of those
 * how dirty they are, and starts a round for the dirtiest one; after a round it looks again at
 * once. While nothing is dirty no loop hears of it.
 *
 * <p>Owner: any thread.
 */
public final class LogCleaner {
  private static final long LEAST_BACKOFF_MS = 50;

  /** A loop that has not answered by then is not waited for any longer. */
  private static final long PATIENCE_MS = 60_000;

  /** A log that is to be cleaned. */
  private record Dirty(PartitionLog log, double ratio) {}

  /** One question to several logs. */
  private static final class Round {
    final long begunMs;
    final AtomicInteger left;
    final AtomicReference<Dirty> filthiest = new AtomicReference<>();

    Round(long begunMs, int logs) {
      this.begunMs = begunMs;
      this.left = new AtomicInteger(logs);
    }
  }

  private final LogDirectory directory;
  private final CleanerResources resources;
  private final AtomicReference<Round> asking = new AtomicReference<>();

  /** Wall time of the last look. */
  private volatile long lookedMs;

  LogCleaner(LogDirectory directory, CleanerResources resources) {
    this.directory = directory;
    this.resources = resources;
    lookedMs = directory.nowMs();
  }

  /** Begins to look. */
  void start() {
    resources.onThreads(directory.worker()::cleaners);
    gauge(
        "max_dirty_ratio", "Share of the dirtiest compacted log that is new", this::maxDirtyRatio);
    gauge(
        "dirty_bytes",
        "Bytes that could be compacted and are not",
        () -> sum(log -> true, LogCompaction::dirtyBytes));
    gauge(
        "uncleanable_partitions",
        "Logs that cannot be compacted and are left as they are",
        () -> sum(log -> log.setAside() != null, log -> 1));
    gauge(
        "uncleanable_bytes",
        "Bytes of them that could be compacted",
        () -> sum(log -> log.setAside() != null, LogCompaction::dirtyBytes));
    gauge(
        "max_compaction_delay_seconds",
        "For how long the oldest record waits beyond max.compaction.lag.ms",
        () -> max(log -> log.overdueMs() / 1000.0));
    gauge(
        "time_since_last_run_seconds",
        "Since the cleaner last looked for dirty logs",
        () -> Math.max(0, directory.nowMs() - lookedMs) / 1000.0);
    directory.worker().later(backoffMs(), Lane.CARE, this::tick);
  }

  private void gauge(String name, String help, DoubleSupplier value) {
    resources
        .metrics()
        .gauge("log_cleaner_" + name, help, value, "log_dir", directory.path().toString());
  }

  private long backoffMs() {
    return Math.max(LEAST_BACKOFF_MS, resources.config().backoffMs());
  }

  private void tick() {
    if (directory.failure() == null && !directory.closing()) {
      look();
      directory.worker().later(backoffMs(), Lane.CARE, this::tick);
    }
  }

  private void look() {
    if (!resources.anyFree() || directory.failure() != null) {
      return;
    }
    long nowMs = directory.nowMs();
    lookedMs = nowMs;
    Round before = asking.get();
    if (before != null && nowMs - before.begunMs < PATIENCE_MS) {
      return;
    }
    List<PartitionLog> due = new ArrayList<>();
    for (PartitionLog log : directory.openLogs()) {
      if (log.cleaningDueMs() <= nowMs) {
        due.add(log);
      }
    }
    Round round = new Round(nowMs, due.size());
    if (due.isEmpty() || !asking.compareAndSet(before, round)) {
      return;
    }
    for (PartitionLog log : due) {
      log.askDirtyRatio(ratio -> onAnswer(round, log, ratio));
    }
  }

  /** A log says how dirty it is; -1 = not worth cleaning now. */
  private void onAnswer(Round round, PartitionLog log, double ratio) {
    if (ratio >= 0) {
      Dirty dirty = new Dirty(log, ratio);
      round.filthiest.accumulateAndGet(
          dirty, (old, one) -> old == null || one.ratio > old.ratio ? one : old);
    }
    if (round.left.decrementAndGet() == 0) {
      asking.compareAndSet(round, null);
      Dirty filthiest = round.filthiest.get();
      if (filthiest != null && resources.tryAcquire()) {
        filthiest.log.clean(resources, cleaned -> onDone(cleaned));
        // With threads to spare the next one starts beside it.
        directory.worker().later(0, Lane.CARE, this::look);
      }
    }
  }

  private void onDone(boolean cleaned) {
    resources.release();
    if (cleaned) {
      directory.worker().later(0, Lane.CARE, this::look);
    }
  }

  /** The greatest dirty ratio of all logs as they said last. */
  double maxDirtyRatio() {
    return max(LogCompaction::dirtyRatio);
  }

  private double max(ToDoubleFunction<LogCompaction> figure) {
    double max = 0;
    for (PartitionLog log : directory.openLogs()) {
      max = Math.max(max, figure.applyAsDouble(log.compaction()));
    }
    return max;
  }

  private double sum(Predicate<LogCompaction> which, ToLongFunction<LogCompaction> figure) {
    long sum = 0;
    for (PartitionLog log : directory.openLogs()) {
      LogCompaction one = log.compaction();
      sum += which.test(one) ? figure.applyAsLong(one) : 0;
    }
    return sum;
  }

  /** The directory in which it cleans. */
  public Path path() {
    return directory.path();
  }

  /** How far each log is that is compacted, in no order. */
  public List<LogCompaction> logs() {
    List<LogCompaction> logs = new ArrayList<>();
    for (PartitionLog log : directory.openLogs()) {
      if (log.config().compacts()) {
        logs.add(log.compaction());
      }
    }
    return logs;
  }
}
