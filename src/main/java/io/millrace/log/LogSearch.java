package io.millrace.log;

import io.millrace.log.LogWorker.Lane;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Finds timestamps in a log, on the directory's worker: again, when a segment goes or the log moves
 * meanwhile.
 *
 * <p>Owner: partition loop.
 */
final class LogSearch {
  private final LogState log;
  private final LogMoving moving;

  LogSearch(LogState log, LogMoving moving) {
    this.log = log;
    this.moving = moving;
  }

  /** The first record below {@code endOffset} with at least this timestamp. */
  Future<Optional<TimestampedOffset>> atOrAfter(long timestampMs, long endOffset) {
    return run(() -> TimestampSearch.atOrAfter(log, timestampMs, endOffset));
  }

  /** The first record with the greatest timestamp below {@code endOffset}. */
  Future<Optional<TimestampedOffset>> largest(long endOffset) {
    return run(() -> TimestampSearch.largest(log, endOffset));
  }

  private Future<Optional<TimestampedOffset>> run(Supplier<TimestampSearch> search) {
    return log.directory
        .worker()
        .run(Lane.READ, log.owner, search.get()::run)
        .recover(
            cause -> {
              if (cause instanceof ClosedChannelException && !log.gone) {
                return moving.settled().transform(any -> run(search));
              }
              if (cause instanceof IOException && !(cause instanceof CorruptSegmentException)) {
                log.onTaskFailed("Searching " + log.id, cause);
              }
              return Future.failedFuture(cause);
            });
  }
}
