package io.millrace.partition;

import io.millrace.log.LogConfig;
import io.millrace.log.LogListener;
import io.millrace.log.LogNotOpenedException;
import io.millrace.log.PartitionLog;
import io.millrace.model.Loop;
import io.millrace.model.TopicIdPartition;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens the log of one replica, and tries again when there was no space for it.
 *
 * <p>Owner: partition loop.
 */
final class LogOpening {
  private static final Logger LOGGER = LoggerFactory.getLogger(LogOpening.class);

  /** How long to wait before trying again to open a log for which there was no space. */
  private static final long FIRST_REOPEN_MS = 500;

  private static final long MAX_REOPEN_MS = 30_000;

  /** Whose log it is. Called on the loop. */
  interface Opener extends LogListener {
    /** The settings that hold now. */
    LogConfig logConfig();

    void onOpened(PartitionLog log);

    /** An attempt failed, perhaps not the last one. */
    void onUnopenable(Throwable cause);
  }

  private final TopicIdPartition id;
  private final PartitionParts.Logs logs;
  private final Loop loop;
  private final Opener opener;
  // null = none has begun.
  private Future<Void> attempt;
  // 0 = the last attempt was not in vain.
  private long reopenMs;
  private boolean ended;

  LogOpening(TopicIdPartition id, PartitionParts.Logs logs, Loop loop, Opener opener) {
    this.id = id;
    this.logs = logs;
    this.loop = loop;
    this.opener = opener;
  }

  /** Begins the first attempt, and returns it. */
  Future<Void> begin() {
    open();
    return attempt;
  }

  /** The latest attempt: completes, on the loop, when it has come to its end, whatever that is. */
  Future<Void> attempt() {
    return attempt;
  }

  /** No further attempt is begun. */
  void end() {
    ended = true;
  }

  private void open() {
    Promise<Void> done = Promise.promise();
    attempt = done.future();
    logs.open(id, opener.logConfig(), loop, opener)
        .onComplete(
            result ->
                loop.run(
                    () -> {
                      if (result.succeeded()) {
                        onOpened(result.result());
                      } else {
                        onUnopenable(result.cause());
                      }
                      done.complete();
                    }));
  }

  private void reopen() {
    if (!ended) {
      open();
    }
  }

  private void onOpened(PartitionLog log) {
    if (reopenMs > 0) {
      LOGGER.info("{} is open at last", id);
    }
    opener.onOpened(log);
  }

  private void onUnopenable(Throwable cause) {
    if (!(cause instanceof LogNotOpenedException passing)) {
      // What the disk says is enough, and may be the same for each partition of it.
      boolean ofTheDisk = cause instanceof IOException;
      LOGGER.error("{} cannot be opened: {}", id, cause.getMessage(), ofTheDisk ? null : cause);
    } else if (passing.retriable()) {
      if (reopenMs == 0) {
        LOGGER.error("{} cannot be opened yet: {}", id, cause.getMessage());
      }
      reopenMs = Math.min(MAX_REOPEN_MS, Math.max(FIRST_REOPEN_MS, 2 * reopenMs));
      loop.schedule(reopenMs, this::reopen);
    }
    opener.onUnopenable(cause);
  }
}
