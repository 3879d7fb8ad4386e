package io.millrace.quorum;

import io.millrace.metadata.MetadataRecord;
import io.millrace.quorum.state.Entry;
import io.millrace.quorum.state.SoleVoterReady;
import io.millrace.quorum.state.SoleVoterRules;
import io.millrace.quorum.state.SoleVoterRules.Role;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A voter: carries between {@link SoleVoterRules}, the files and the listener, and decides nothing.
 * While one write is on its way to the disk, proposals gather; the next write takes all of them
 * with one fsync.
 *
 * <p>A full disk ends the term: what waits fails, and every second a new term is tried, until there
 * is space again. A disk that fails otherwise ends the voter until the next start.
 *
 * <p>Owner: quorum context.
 */
public final class QuorumVerticle extends VerticleBase implements Quorum {
  private static final Logger LOG = LoggerFactory.getLogger(QuorumVerticle.class);
  private static final long CAMPAIGN_AGAIN_MS = 1_000;

  private record Waiting(long lastOffset, Promise<Long> promise) {}

  private record Opened(LogContent content, MetadataLog log) {}

  /** What a write to the disk came to. */
  private record Written(long endOffset, boolean snapshotWanted, AppendFailure failure) {}

  private final QuorumConfig config;
  private final CommitListener listener;
  private final DiskWorker worker;
  private final Promise<Void> active = Promise.promise();
  private final Promise<Void> stopped = Promise.promise();
  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();

  private Context home;
  private MetadataLog log;
  private SoleVoterRules rules;

  /** Entries of earlier runs, committed by the no-op of this one. */
  private List<Entry> recovered = List.of();

  private boolean writing;

  /** Since the last success; said once in the log. */
  private boolean diskFull;

  private boolean closed;
  private QuorumException failure;

  /** Only on the worker: no snapshot is wanted before the log has this many bytes. */
  private long snapshotAtBytes;

  private QuorumVerticle(QuorumConfig config, CommitListener listener) {
    this.config = config;
    this.listener = listener;
    this.worker = new DiskWorker(config.nodeId());
  }

  /**
   * Opens the log and runs until this voter leads and everything committed before was delivered to
   * the listener. Fails, with nothing left open, when the log is damaged or cannot be written.
   */
  public static Future<Quorum> open(Vertx vertx, QuorumConfig config, CommitListener listener) {
    QuorumVerticle quorum = new QuorumVerticle(config, listener);
    return vertx.deployVerticle(quorum).map(id -> quorum);
  }

  @Override
  public Future<?> start() {
    home = context;
    Promise<Void> opened = Promise.promise();
    worker.run(
        () -> {
          LogContent content = LogContent.read(config.directory(), config.io());
          return new Opened(content, MetadataLog.open(config.directory(), config.io(), content));
        },
        home,
        (value, failed) -> {
          if (failed != null) {
            opened.fail(failed);
            return;
          }
          onOpened(value);
          opened.complete();
        });
    return opened
        .future()
        .compose(ignored -> active.future())
        .recover(why -> stop().transform(ignored -> Future.failedFuture(why)));
  }

  private void onOpened(Opened opened) {
    LogContent content = opened.content();
    log = opened.log();
    snapshotAtBytes = config.maxBytesBetweenSnapshots();
    recovered = content.entries();
    long committedEnd = 0;
    if (content.snapshot() != null) {
      committedEnd = content.snapshot().endOffset();
      listener.onSnapshot(committedEnd - 1, content.snapshotRecords());
    }
    rules =
        new SoleVoterRules(config.nodeId(), content.hardState(), committedEnd, content.endOffset());
    campaign();
  }

  private void campaign() {
    if (!closed && rules.role() == Role.FOLLOWER) {
      rules.campaign();
      write();
    }
  }

  @Override
  public Future<Long> propose(int term, List<MetadataRecord> records) {
    List<MetadataRecord> group = List.copyOf(records);
    Promise<Long> promise = Promise.promise();
    home.runOnContext(
        ignored -> {
          if (failure != null) {
            promise.fail(failure);
          } else if (closed || !rules.isActive() || rules.term() != term) {
            promise.fail(
                new QuorumException(
                    Errors.NOT_CONTROLLER, "This node does not lead the quorum in term " + term));
          } else {
            waiting.add(new Waiting(rules.propose(group), promise));
            write();
          }
        });
    return promise.future();
  }

  private void write() {
    if (writing || closed) {
      return;
    }
    SoleVoterReady ready = rules.ready();
    if (ready.isEmpty()) {
      return;
    }
    writing = true;
    worker.run(
        () -> writeNow(ready),
        home,
        (written, bug) -> {
          writing = false;
          if (bug != null) {
            fail("The metadata log failed: " + bug, bug);
          } else if (written.failure() != null) {
            onWriteFailed(written);
          } else {
            if (ready.hardState() != null) {
              rules.onHardStatePersisted(ready.hardState());
            }
            onWritten(written);
          }
          write();
        });
  }

  private Written writeNow(SoleVoterReady ready) {
    try {
      if (ready.hardState() != null) {
        log.persist(ready.hardState());
      }
      log.append(ready.append(), config.clock().wallMs());
      boolean grown = log.bytesSinceSnapshot() > snapshotAtBytes;
      if (grown) {
        // Not again before as much has come, should this snapshot fail.
        snapshotAtBytes = log.bytesSinceSnapshot() + config.maxBytesBetweenSnapshots();
      }
      return new Written(log.endOffset(), grown && log.roll(), null);
    } catch (AppendFailure e) {
      return new Written(log.endOffset(), false, e);
    }
  }

  private void onWritten(Written written) {
    boolean wasActive = rules.isActive();
    deliver(rules.onPersisted(written.endOffset()));
    if (!wasActive && rules.isActive()) {
      diskFull = false;
      LOG.info(
          "Node {} leads the metadata quorum in term {}; {} is committed up to {}",
          config.nodeId(),
          rules.term(),
          config.directory().getFileName(),
          rules.committedEnd());
      listener.onLeader(rules.term());
      active.tryComplete();
    }
    if (written.snapshotWanted()) {
      listener.onSnapshotWanted();
    }
  }

  private void deliver(List<Entry> committed) {
    if (committed.isEmpty()) {
      return;
    }
    List<Entry> entries = committed;
    if (!recovered.isEmpty()) {
      entries = new ArrayList<>(recovered);
      entries.addAll(committed);
      recovered = List.of();
    }
    listener.onCommitted(entries);
    while (!waiting.isEmpty() && waiting.peek().lastOffset() < rules.committedEnd()) {
      Waiting done = waiting.poll();
      done.promise().complete(done.lastOffset());
    }
  }

  private void onWriteFailed(Written written) {
    AppendFailure cause = written.failure();
    deliver(rules.onPersisted(written.endOffset()));
    if (!cause.retriable()) {
      fail(cause.getMessage(), cause);
      return;
    }
    if (!diskFull) {
      diskFull = true;
      LOG.error(
          "{}; metadata cannot change until there is space, trying again every {} ms",
          cause.getMessage(),
          CAMPAIGN_AGAIN_MS);
    }
    rules.onAppendFailed();
    resign(new QuorumException(Errors.KAFKA_STORAGE_ERROR, cause.getMessage(), cause));
    vertx.setTimer(CAMPAIGN_AGAIN_MS, ignored -> campaign());
  }

  private void fail(String message, Throwable cause) {
    LOG.error("{}; this voter is out of service until the next start", message, cause);
    failure = new QuorumException(Errors.KAFKA_STORAGE_ERROR, message, cause);
    rules.onDiskFailed();
    active.tryFail(failure);
    resign(failure);
  }

  private void resign(QuorumException why) {
    List<Waiting> failed = new ArrayList<>(waiting);
    waiting.clear();
    listener.onResigned(why);
    failed.forEach(proposal -> proposal.promise().fail(why));
  }

  @Override
  public Future<Void> snapshot(long lastOffset, List<MetadataRecord> records) {
    Promise<Void> promise = Promise.promise();
    home.runOnContext(
        ignored -> {
          if (closed || failure != null) {
            promise.fail(new IllegalStateException("The metadata log is closed or failed"));
            return;
          }
          worker.run(
              () -> {
                log.snapshot(lastOffset, records, config.clock().wallMs());
                snapshotAtBytes = config.maxBytesBetweenSnapshots();
                return null;
              },
              home,
              (nothing, failed) -> {
                if (failed == null) {
                  promise.complete();
                } else {
                  LOG.warn("Metadata snapshot at offset {} failed", lastOffset, failed);
                  promise.fail(failed);
                }
              });
        });
    return promise.future();
  }

  @Override
  public Future<Void> close() {
    Promise<Void> promise = Promise.promise();
    home.runOnContext(
        ignored ->
            (closed ? stopped.future() : vertx.undeploy(deploymentID())).onComplete(promise));
    return promise.future();
  }

  @Override
  public Future<?> stop() {
    closed = true;
    worker.run(
        () -> {
          if (log != null) {
            log.close();
          }
          return null;
        },
        home,
        (nothing, failed) -> {
          QuorumException why =
              new QuorumException(Errors.NOT_CONTROLLER, "The node is shutting down");
          List<Waiting> left = new ArrayList<>(waiting);
          waiting.clear();
          left.forEach(proposal -> proposal.promise().fail(why));
          if (failed == null) {
            stopped.complete();
          } else {
            stopped.fail(failed);
          }
        });
    worker.close();
    return stopped.future();
  }
}
