package io.millrace.log;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * Decides when written bytes are fsynced and which of them may be seen. At most one fsync of a log
 * runs at a time, on the worker; what is written meanwhile is covered by the next one, together
 * (group commit).
 *
 * <p>Owner: partition loop.
 */
final class LogFlusher {
  private record Waiter(long endOffset, Promise<Void> promise) {}

  private final LogState log;
  private final SegmentSealer sealer;

  /** How long to wait when there was no file to spare for an fsync. */
  private static final long RETRY_MS = 100;

  private final List<Waiter> waiters = new ArrayList<>();
  private boolean flushing;

  /**
   * What was written since the running fsync began is to be durable, too: another one follows.
   * Nobody might ask again, as nothing more may be written.
   */
  private boolean again;

  private boolean timerSet;

  /** Whether files were created, renamed or removed since the directory was last fsynced. */
  private boolean namesDirty;

  LogFlusher(LogState log, SegmentSealer sealer) {
    this.log = log;
    this.sealer = sealer;
  }

  /** A file of the log was created. */
  void onFileCreated() {
    namesDirty = true;
  }

  /** {@link LogState#writtenEnd} has moved. Tells the listener as its last act. */
  void onWritten() {
    if (tooMuchAtRisk()) {
      start(LogWorker.Lane.WRITE);
    } else if (log.config.flushMs() != Long.MAX_VALUE && !timerSet) {
      timerSet = true;
      log.directory
          .worker()
          .later(
              log.config.flushMs(),
              LogWorker.Lane.CARE,
              () -> log.owner.execute(this::onFlushTimer));
    }
    advance();
  }

  private void onFlushTimer() {
    timerSet = false;
    if (log.writtenEnd > log.durableEnd) {
      startOrFollow();
    }
  }

  /** A segment was rolled: its bytes are to be durable, so that a recovery need not read them. */
  void onRolled() {
    startOrFollow();
  }

  private void startOrFollow() {
    again = flushing;
    start(LogWorker.Lane.CARE);
  }

  /** Completes when all bytes written so far are durable. */
  Future<Void> flush() {
    if (log.failure != null) {
      return Future.failedFuture(log.failure);
    }
    if (log.durableEnd >= log.writtenEnd && !namesDirty && !flushing) {
      return Future.succeededFuture();
    }
    Waiter waiter = new Waiter(log.writtenEnd, Promise.promise());
    waiters.add(waiter);
    start(LogWorker.Lane.WRITE);
    return waiter.promise.future();
  }

  private boolean tooMuchAtRisk() {
    return log.writtenEnd - log.durableEnd >= log.config.flushMessages();
  }

  private void advance() {
    long end = tooMuchAtRisk() ? Math.max(log.visibleEnd, log.durableEnd) : log.writtenEnd;
    if (end > log.visibleEnd && log.failure == null) {
      log.visibleEnd = end;
      log.listener.onPersisted(end);
    }
  }

  private void start(LogWorker.Lane lane) {
    if (flushing || log.failure != null) {
      return;
    }
    flushing = true;
    again = false;
    long target = log.writtenEnd;
    boolean names = namesDirty;
    namesDirty = false;
    List<SegmentFile> files = new ArrayList<>(1);
    for (int slot = log.segments.count() - 1; slot >= 0; slot--) {
      Segment segment = log.segments.get(slot);
      if (segment.endOffset() <= log.durableEnd) {
        break;
      }
      files.add(segment.file());
    }
    log.directory
        .worker()
        .<Void>run(
            lane,
            log.owner,
            () -> {
              force(files, names);
              return null;
            })
        .onComplete(
            done -> {
              flushing = false;
              if (done.succeeded()) {
                onDurable(target);
              } else if (log.directory.health().lacksFiles(done.cause())) {
                // Nothing was fsynced, and nothing of it has failed.
                namesDirty |= names;
                retryLater();
              } else if (!log.gone) {
                log.directory.health().fail(LogState.asIoException(done.cause()));
              }
            });
  }

  private void retryLater() {
    log.directory
        .worker()
        .later(
            RETRY_MS,
            LogWorker.Lane.CARE,
            () -> log.owner.execute(() -> start(LogWorker.Lane.WRITE)));
  }

  private void force(List<SegmentFile> files, boolean names) throws IOException {
    if (log.directory.failure() != null) {
      throw log.directory.failure();
    }
    for (int i = files.size() - 1; i >= 0; i--) {
      SegmentFile file = files.get(i);
      FileChannel channel = file.acquireUnlessDoomed();
      if (channel != null) {
        try {
          log.io().force(channel, false);
        } finally {
          file.release();
        }
      }
    }
    if (names) {
      log.io().fsyncDirectory(log.path);
      log.directory.syncNames();
    }
  }

  private void onDurable(long target) {
    log.durableEnd = Math.max(log.durableEnd, target);
    sealer.updateRecoveryPoint();
    if (tooMuchAtRisk()) {
      start(LogWorker.Lane.WRITE);
    }
    List<Promise<Void>> served = new ArrayList<>();
    for (Iterator<Waiter> i = waiters.iterator(); i.hasNext(); ) {
      Waiter waiter = i.next();
      if (waiter.endOffset <= log.durableEnd) {
        i.remove();
        served.add(waiter.promise);
      }
    }
    if (!waiters.isEmpty()) {
      start(LogWorker.Lane.WRITE);
    } else if (again) {
      start(LogWorker.Lane.CARE);
    }
    advance();
    served.forEach(Promise::complete);
  }

  /** The directory failed. */
  void onOffline(IOException cause) {
    List<Waiter> failed = List.copyOf(waiters);
    waiters.clear();
    failed.forEach(waiter -> waiter.promise.fail(cause));
  }
}
