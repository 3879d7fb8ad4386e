package io.millrace.quorum;

import io.millrace.metadata.MetadataRecord;
import io.millrace.quorum.state.Entry;
import io.millrace.quorum.state.Ready;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import java.util.List;
import java.util.function.BiConsumer;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files as the quorum's context sees them: nothing here blocks. {@link QuorumDisk} does what is
 * asked on a thread of its own, in the order of the calls, and the outcome comes back on the
 * context. Only a full disk is dealt with here: opening waits for space, and the log says once that
 * there is none.
 *
 * <p>Owner: quorum context.
 */
final class QuorumStorage {
  private static final Logger LOG = LoggerFactory.getLogger(QuorumStorage.class);

  private final QuorumConfig config;
  private final Context home;
  private final DiskWorker worker;

  /** Owner: metadata log worker. null = nothing was opened. */
  private QuorumDisk disk;

  /** Since the last success; said once in the log. */
  private boolean full;

  private boolean closed;

  QuorumStorage(QuorumConfig config, Context home) {
    this.config = config;
    this.home = home;
    this.worker = new DiskWorker(config.nodeId());
  }

  /** Opens the files, as soon as there is space for that; fails when they cannot be used. */
  Future<QuorumDisk.Opened> open() {
    Promise<QuorumDisk.Opened> opened = Promise.promise();
    open(opened);
    return opened.future();
  }

  private void open(Promise<QuorumDisk.Opened> promise) {
    if (closed) {
      promise.fail(new QuorumException(Errors.NOT_CONTROLLER, "It is closed"));
      return;
    }
    worker.run(
        () -> {
          QuorumDisk.Opened opened = QuorumDisk.open(config);
          disk = opened.disk();
          return opened;
        },
        home,
        (opened, failed) -> {
          if (failed == null) {
            promise.complete(opened);
          } else if (isFull(failed)) {
            sayFull(failed.getMessage());
            home.owner().setTimer(config.timing().diskRetryMs(), ignored -> open(promise));
          } else {
            promise.fail(failed);
          }
        });
  }

  private boolean isFull(Throwable failed) {
    return failed instanceof IOException io
        && !(failed instanceof MetadataLogException)
        && config.io().outOfSpace(io, config.directory().toAbsolutePath().getParent());
  }

  private void sayFull(String message) {
    if (!full) {
      full = true;
      LOG.error(
          "{}; this node cannot write metadata until there is space, trying again every {} ms",
          message,
          config.timing().diskRetryMs());
    }
  }

  /** As {@link QuorumDisk#write}. */
  void write(Ready.Write write, long committedEnd, BiConsumer<QuorumDisk.Written, Throwable> done) {
    worker.run(
        () -> disk.write(write, committedEnd),
        home,
        (written, bug) -> {
          if (bug == null && written.failure() != null && written.failure().retriable()) {
            sayFull(written.failure().getMessage());
          } else if (bug == null && written.failure() == null && !written.refused()) {
            full = false;
          }
          done.accept(written, bug);
        });
  }

  /** As {@link QuorumDisk#read(Ready.LogRead)}. */
  void read(Ready.LogRead read, BiConsumer<List<Entry>, Throwable> done) {
    worker.run(() -> disk.read(read), home, done);
  }

  /** As {@link QuorumDisk#read(Ready.SnapshotRead)}. */
  void read(Ready.SnapshotRead read, BiConsumer<SnapshotSource.Piece, Throwable> done) {
    worker.run(() -> disk.read(read), home, done);
  }

  /** As {@link QuorumDisk#snapshot}. */
  void snapshot(
      long lastOffset, List<MetadataRecord> records, BiConsumer<Boolean, Throwable> done) {
    worker.run(() -> disk.snapshot(lastOffset, records), home, done);
  }

  /** Writes down what is committed. If that fails, a restart knows a little less. */
  void remember(long committedEnd) {
    worker.run(
        () -> {
          if (disk != null) {
            disk.remember(committedEnd);
          }
          return null;
        },
        home,
        (nothing, failed) -> {
          if (failed != null) {
            LOG.warn("Cannot remember what is committed", failed);
          }
        });
  }

  /** Closes the files after all that was asked before, with what is committed written down. */
  Future<Void> close(long committedEnd) {
    closed = true;
    remember(committedEnd);
    Promise<Void> promise = Promise.promise();
    worker.run(
        () -> {
          if (disk != null) {
            disk.close();
          }
          return null;
        },
        home,
        (nothing, failed) -> {
          if (failed == null) {
            promise.complete();
          } else {
            promise.fail(failed);
          }
        });
    worker.close();
    return promise.future();
  }
}
