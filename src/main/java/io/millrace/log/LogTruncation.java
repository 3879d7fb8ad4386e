package io.millrace.log;

import io.millrace.log.LogWorker.Lane;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;

/**
 * Cuts the end of a log off, for a follower that diverges from its leader. The files are cut, then
 * the log is recovered from its recovery point on as after a crash, so that indexes, epochs and
 * producers are those of what is left.
 *
 * <p>Owner: partition loop.
 */
final class LogTruncation {
  private record Cut(LogRecovery recovered, LeaderEpochCache epochs, long endOffset) {}

  private final LogState log;
  private final LogWriter writer;
  private final LogFlusher flusher;
  private final SegmentSealer sealer;
  private final LogCleaning cleaning;

  LogTruncation(
      LogState log,
      LogWriter writer,
      LogFlusher flusher,
      SegmentSealer sealer,
      LogCleaning cleaning) {
    this.log = log;
    this.writer = writer;
    this.flusher = flusher;
    this.sealer = sealer;
    this.cleaning = cleaning;
  }

  /**
   * Removes all batches that hold {@code offset} or a later one. Nothing may be appended meanwhile.
   */
  Future<Void> truncateTo(long offset) {
    if (offset < log.logStartOffset) {
      return restartAt(offset);
    }
    return quiet()
        .compose(
            done ->
                log.writtenEnd <= offset
                    ? withoutEpochsFrom(offset)
                    : lowerOffsets(offset, log.logStartOffset)
                        .compose(any -> sealer.stop())
                        .compose(any -> cut(offset)))
        .onComplete(done -> cleaning.resume());
  }

  /** Nothing is written any more, and everything is on the disk. */
  private Future<Void> quiet() {
    return cleaning.stop().compose(done -> writer.idle()).compose(done -> flusher.flush());
  }

  /**
   * Notes on the disk that the log will end at {@code end} and start at {@code start}, before
   * anything is cut: if that fails, for lack of space say, the log is as it was.
   */
  private Future<Void> lowerOffsets(long end, long start) {
    long recoveryPoint = log.recoveryPoint;
    long startOffset = log.logStartOffset;
    long highWatermark = log.highWatermark;
    log.highWatermark = Math.min(highWatermark, end);
    log.recoveryPoint = Math.min(recoveryPoint, end);
    log.logStartOffset = start;
    Checkpoints checkpoints = log.directory.checkpoints();
    return log.directory
        .worker()
        .<Void>run(
            Lane.CARE,
            log.owner,
            () -> {
              // A recovery would trust what comes there up to the old point.
              checkpoints.lowerOffsets(log.id.topicPartition(), end);
              if (start != startOffset) {
                // A log whose start is behind its end begins there after a crash.
                checkpoints.saveStartOffsets();
              }
              return null;
            })
        .onFailure(
            cause -> {
              log.recoveryPoint = recoveryPoint;
              log.logStartOffset = startOffset;
              log.highWatermark = highWatermark;
              log.onTaskFailed("Truncating " + log.id, cause);
            });
  }

  /** No records go, but an epoch may have begun there in which nothing was written. */
  private Future<Void> withoutEpochsFrom(long offset) {
    log.epochs.truncateFromEnd(offset);
    return Future.succeededFuture();
  }

  /** Throws everything away; the log starts anew at {@code offset}. */
  Future<Void> restartAt(long offset) {
    return quiet()
        .compose(done -> lowerOffsets(offset, offset))
        .compose(done -> sealer.stop())
        .compose(done -> clear(offset))
        .onComplete(done -> cleaning.resume());
  }

  private Future<Void> clear(long offset) {
    log.segments.all().forEach(segment -> segment.file().doom());
    List<Long> snapshots = List.copyOf(log.snapshots);
    Segment first =
        Segment.empty(
            offset,
            new SegmentFile(
                log.directory.channels(), SegmentNames.file(log.path, offset, SegmentNames.LOG)),
            log.clock.wallMs());
    return afterFileTasks(
            () -> {
              // After a crash they would count for what comes.
              log.io().delete(log.path.resolve(LeaderEpochCheckpoint.FILE));
              for (long snapshot : snapshots) {
                log.io().delete(SegmentNames.file(log.path, snapshot, SegmentNames.SNAPSHOT));
              }
              // Also those that retention could not rename: they would come behind what comes.
              for (long base : LogFiles.list(log.io(), log.path).segments().keySet()) {
                Path path = SegmentNames.file(log.path, base, SegmentNames.LOG);
                log.io().rename(path, Path.of(path + SegmentNames.DELETED));
              }
              first.file().create();
              first.file().release();
              log.io().fsyncDirectory(log.path);
              LogFiles.list(log.io(), log.path);
              return (Void) null;
            })
        .onSuccess(
            done -> {
              log.replace(
                  List.of(first),
                  new ProducerStateTable(),
                  new LogTransactions(),
                  new LeaderEpochCache(),
                  offset);
              log.snapshots.clear();
              log.durableEnd = offset;
              sealer.resume();
              log.listener.onLogStartOffset(offset);
            })
        .onFailure(this::onHalfDone);
  }

  /**
   * Does it on the worker when nothing of a segment is being repaired, and those that were deleted
   * have no names of segments any more: what is written behind a cut would be part of the log,
   * indexes those of what was there before, and a new segment could get the name of a deleted one
   * that is about to go. Nothing of this begins from now on: no repair of a doomed segment, and the
   * owner calls no retention while the log is cut.
   */
  private <T> Future<T> afterFileTasks(Callable<T> task) {
    return log.fileTasks.transform(any -> log.directory.worker().run(Lane.CARE, log.owner, task));
  }

  /** What is in memory is not what is on the disk: only a restart finds out what there is. */
  private void onHalfDone(Throwable cause) {
    if (!log.gone) {
      log.directory.health().fail(LogState.asIoException(cause));
    }
  }

  private Future<Void> cut(long offset) {
    LeaderEpochCache epochs = new LeaderEpochCache(log.epochs.entries());
    epochs.truncateFromEnd(offset);
    long recoveryPoint = Math.min(log.recoveryPoint, offset);
    List<Segment> segments = List.copyOf(log.segments.all());
    segments.forEach(segment -> segment.file().doom());
    return afterFileTasks(
            () -> {
              cutFiles(segments, offset);
              LogFiles files = LogFiles.list(log.io(), log.path);
              LogRecovery recovery =
                  new LogRecovery(
                      log.directory,
                      log.path,
                      files,
                      epochs,
                      log.config.indexIntervalBytes(),
                      /* givenUp= */ () -> false);
              long end = recovery.run(recoveryPoint);
              log.directory.checkpoints().lowerOffsets(log.id.topicPartition(), end);
              return new Cut(recovery, epochs, end);
            })
        .onSuccess(this::install)
        .onFailure(this::onHalfDone)
        .mapEmpty();
  }

  private void cutFiles(List<Segment> segments, long offset) throws IOException {
    for (int i = segments.size() - 1; i >= 0; i--) {
      Segment segment = segments.get(i);
      Path path = segment.file().path();
      if (segment.baseOffset() >= offset && i > 0) {
        log.io().rename(path, Path.of(path + SegmentNames.DELETED));
      } else if (segment.endOffset() > offset) {
        SegmentFile file = new SegmentFile(log.directory.channels(), path);
        FileChannel channel = file.acquire();
        try {
          BatchScanner batches = new BatchScanner(channel, 0, segment.size());
          if (batches.nextUpTo(offset)) {
            log.io().truncate(channel, batches.position());
            log.io().force(channel, true);
          }
        } finally {
          file.release();
          file.doom();
        }
      }
    }
    log.io().fsyncDirectory(log.path);
  }

  private void install(Cut cut) {
    ProducerRebuild rebuilt = cut.recovered.rebuilt();
    log.replace(
        cut.recovered.segments(),
        rebuilt.table(),
        rebuilt.transactions(),
        cut.epochs,
        cut.endOffset);
    sealer.resume();
  }
}
