package io.millrace.log;

import io.millrace.log.LogWorker.Lane;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.List;

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
    return cleaning
        .stop()
        .compose(done -> writer.idle())
        .compose(done -> flusher.flush())
        .compose(
            done ->
                log.writtenEnd <= offset
                    ? Future.<Void>succeededFuture()
                    : sealer.stop().compose(any -> cut(offset)))
        .onComplete(done -> cleaning.resume());
  }

  /**
   * Throws everything away; the log starts anew at {@code offset}, which is behind its end. Nothing
   * may be appended meanwhile.
   */
  Future<Void> restartAt(long offset) {
    if (offset < log.writtenEnd) {
      throw new IllegalArgumentException(
          log.id + " ends at " + log.writtenEnd + " and is to start anew at " + offset);
    }
    return cleaning
        .stop()
        .compose(done -> writer.idle())
        .compose(done -> flusher.flush())
        .compose(done -> sealer.stop())
        .compose(done -> clear(offset))
        .onComplete(done -> cleaning.resume());
  }

  private Future<Void> clear(long offset) {
    log.logStartOffset = offset;
    List<Segment> segments = List.copyOf(log.segments.all());
    segments.forEach(segment -> segment.file().doom());
    Segment first =
        Segment.empty(
            offset,
            new SegmentFile(
                log.directory.channels(), SegmentNames.file(log.path, offset, SegmentNames.LOG)),
            log.clock.wallMs());
    return log.directory
        .worker()
        .<Void>run(
            Lane.CARE,
            log.owner,
            () -> {
              // First: a log whose start is behind its end begins there after a crash.
              log.directory.checkpoints().saveStartOffsets();
              for (Segment segment : segments) {
                Path path = segment.file().path();
                log.io().rename(path, Path.of(path + SegmentNames.DELETED));
              }
              first.file().create();
              first.file().release();
              log.io().fsyncDirectory(log.path);
              LogFiles.list(log.io(), log.path);
              return null;
            })
        .onSuccess(
            done -> {
              log.replace(List.of(first), new ProducerStateTable(), new LeaderEpochCache(), offset);
              log.durableEnd = offset;
              log.recoveryPoint = offset;
              sealer.resume();
              log.listener.onLogStartOffset(offset);
            })
        .onFailure(cause -> log.onTaskFailed("Starting " + log.id + " anew", cause));
  }

  private Future<Void> cut(long offset) {
    LeaderEpochCache epochs = new LeaderEpochCache(log.epochs.entries());
    epochs.truncateFromEnd(offset);
    long recoveryPoint = Math.min(log.recoveryPoint, offset);
    List<Segment> segments = List.copyOf(log.segments.all());
    segments.forEach(segment -> segment.file().doom());
    return log.directory
        .worker()
        .run(
            Lane.CARE,
            log.owner,
            () -> {
              cutFiles(segments, offset);
              LogFiles files = LogFiles.list(log.io(), log.path);
              LogRecovery recovery =
                  new LogRecovery(
                      log.directory, log.path, files, epochs, log.config.indexIntervalBytes());
              long end = recovery.run(recoveryPoint);
              log.directory.checkpoints().lowerCleanerOffset(log.id.topicPartition(), end);
              return new Cut(recovery, epochs, end);
            })
        .onSuccess(this::install)
        .onFailure(cause -> log.onTaskFailed("Truncating " + log.id, cause))
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
    log.replace(cut.recovered.segments(), cut.recovered.producers(), cut.epochs, cut.endOffset);
    sealer.resume();
  }
}
