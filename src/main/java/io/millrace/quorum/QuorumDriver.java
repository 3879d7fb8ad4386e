package io.millrace.quorum;

import io.millrace.metadata.MetadataRecord;
import io.millrace.model.VoterId;
import io.millrace.quorum.state.Entry;
import io.millrace.quorum.state.Message;
import io.millrace.quorum.state.QuorumRules;
import io.millrace.quorum.state.QuorumRules.Role;
import io.millrace.quorum.state.QuorumStatus;
import io.millrace.quorum.state.Ready;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries between {@link QuorumRules}, the files, the other replicas and the listener, and decides
 * nothing: something happens to the rules, then what they want is done, until they want no more.
 *
 * <p>While one write is on its way to the disk, proposals and what a leader sends gather; the next
 * write takes all of them with one fsync. The leader's own write and those of its followers run at
 * the same time.
 *
 * <p>A full disk ends the lead: what waits fails, and every second the disk is tried again. A disk
 * that fails otherwise ends the vote of this node until the next start; the rest of the node goes
 * on with what it knows.
 *
 * <p>Owner: quorum context.
 */
final class QuorumDriver {
  private static final Logger LOG = LoggerFactory.getLogger(QuorumDriver.class);
  private static final long HAND_OVER_MS = 1_000;

  private final QuorumConfig config;
  private final QuorumTransport transport;
  private final CommitListener listener;
  private final QuorumStorage storage;
  private final Runnable onChange;
  private final Context home;
  private final Vertx vertx;
  private final long startNanos;
  private final VoterId self;
  private final QuorumRules rules;
  private final Leadership leadership;
  private final LeaderRequests requests;
  private final LeadTransfer transfer;
  private final QuorumTimers timers;

  /** Completes when this node has come to lead. */
  private final Promise<Void> led = Promise.promise();

  private boolean turnQueued;

  /** Nothing new is begun. */
  private boolean closing;

  /** Nothing happens any more. Invariant: only when {@link #closing}. */
  private boolean closed;

  /** null = the disk is in order, as far as this run knows. */
  private QuorumException failure;

  /** As {@link QuorumView#problem}, since the start. */
  private final String problem;

  /**
   * A replica upon files that were opened; {@link #start} sets it going.
   *
   * @param home the quorum's context
   * @param onChange called whenever {@link #view} may say something else
   */
  QuorumDriver(
      QuorumConfig config,
      QuorumTransport transport,
      CommitListener listener,
      QuorumStorage storage,
      QuorumDisk.Opened opened,
      Context home,
      Runnable onChange) {
    this.config = config;
    this.transport = transport;
    this.listener = listener;
    this.storage = storage;
    this.onChange = onChange;
    this.home = home;
    this.vertx = home.owner();
    this.startNanos = config.clock().nanos();
    this.self = opened.self();
    this.problem = opened.problem();
    this.rules =
        new QuorumRules(
            self, config.timing(), opened.stored(), RandomGenerator.getDefault(), nowMs());
    this.leadership = new Leadership(config, rules, listener);
    this.requests = new LeaderRequests(rules, leadership);
    this.transfer = new LeadTransfer(vertx, self, rules, leadership);
    this.timers =
        new QuorumTimers(
            vertx, rules, storage, this::nowMs, this::event, opened.stored().committedEnd());
  }

  /**
   * Delivers what is known to be committed to the listener; a node that is alone then seeks to
   * lead.
   *
   * @return fails if the replica cannot be used; a node that is alone leads on success
   */
  Future<Void> start(QuorumDisk.Opened opened) {
    if (config.isAlone() && !rules.voters().equals(Set.of(self))) {
      return Future.failedFuture(
          new MetadataLogException(
              "Metadata log "
                  + config.directory()
                  + " belongs to a cluster with the voters "
                  + rules.voters()
                  + ", and this node is "
                  + self
                  + ": start it with cluster.seeds"));
    }
    if (opened.snapshotRecords() != null) {
      listener.onSnapshot(opened.stored().snapshot().endOffset() - 1, opened.snapshotRecords());
    }
    after();
    if (config.isAlone()) {
      event(() -> rules.nominate(nowMs()));
      return led.future();
    }
    return failure == null ? Future.succeededFuture() : Future.failedFuture(failure);
  }

  private long nowMs() {
    return TimeUnit.NANOSECONDS.toMillis(config.clock().nanos() - startNanos);
  }

  // ---- What happens

  /** Something happens to the rules; then what they want is done. */
  private void event(Runnable happens) {
    if (closed) {
      return;
    }
    try {
      happens.run();
      after();
    } catch (RuntimeException | Error bug) {
      fail("The metadata quorum failed: " + bug, bug);
    }
  }

  /** What comes in one turn of the loop is written, and sent, together. */
  private void afterThisTurn() {
    if (!turnQueued) {
      turnQueued = true;
      home.runOnContext(
          ignored -> {
            turnQueued = false;
            event(() -> {});
          });
    }
  }

  private void after() {
    Ready ready = rules.ready();
    while (!ready.isEmpty()) {
      perform(ready);
      ready = rules.ready();
    }
    noticeLoss();
    leadership.noticeLeader();
    leadership.noticeLead();
    if (leadership.isTold()) {
      led.tryComplete();
    }
    if (!closed) {
      timers.set();
    }
    onChange.run();
  }

  private void perform(Ready ready) {
    if (ready.write() != null) {
      write(ready.write()); // first: the others' disks are to work at the same time as this one
    }
    for (Message message : ready.messages()) {
      transport.send(message.to().nodeId(), QuorumMessageCodec.encode(message));
    }
    noticeLoss(); // before the listener hears what another leader committed
    if (!ready.committed().isEmpty()) {
      listener.onCommitted(ready.committed());
      requests.onCommitted(rules.committedEnd());
    }
    ready.logReads().forEach(this::read);
    ready.snapshotReads().forEach(this::read);
    requests.onReads(ready.reads());
  }

  private void noticeLoss() {
    QuorumException why = leadership.noticeLoss();
    if (why != null) {
      requests.onLeadLost(why);
    }
    transfer.noticeLoss();
  }

  /** What can be said about this replica now. */
  QuorumView view(long dropped) {
    QuorumStatus status = rules.status();
    long wallMs = config.clock().wallMs() - nowMs();
    return new QuorumView(
        self,
        rules.role(),
        leadership.isTold(),
        status.term(),
        status.leader(),
        status.committedEnd(),
        status.logEnd(),
        status.replicas().stream().map(replica -> QuorumView.Replica.of(replica, wallMs)).toList(),
        failure != null ? failure.getMessage() : problem,
        dropped);
  }

  // ---- The disk

  private void write(Ready.Write write) {
    storage.write(
        write,
        rules.committedEnd(),
        (written, bug) -> {
          if (bug != null) {
            fail("The metadata log failed: " + bug, bug);
          } else if (failure == null) {
            event(() -> onWritten(write, written));
          }
        });
  }

  private void onWritten(Ready.Write write, QuorumDisk.Written written) {
    AppendFailure failed = written.failure();
    if (failed != null && !failed.retriable()) {
      fail(failed.getMessage(), failed);
    } else if (failed != null && write.chunk() != null) {
      vertx.setTimer(
          config.timing().diskRetryMs(), ignored -> event(() -> rules.onSnapshotRefused(nowMs())));
    } else if (failed != null) {
      leadership.isLostBecause(
          new QuorumException(Errors.KAFKA_STORAGE_ERROR, failed.getMessage(), failed));
      rules.onAppendFailed(nowMs(), written.endOffset());
    } else if (written.installed() != null) {
      listener.onSnapshot(write.chunk().snapshot().endOffset() - 1, written.installed());
      rules.onSnapshotInstalled(nowMs(), QuorumDisk.votersIn(written.installed()));
    } else if (written.refused()) {
      rules.onSnapshotRefused(nowMs());
    } else {
      rules.onWritten(nowMs());
    }
    if (written.snapshotWanted()) {
      after(); // what this write committed comes first
      listener.onSnapshotWanted();
    }
  }

  private void read(Ready.LogRead read) {
    storage.read(
        read,
        (List<Entry> entries, Throwable failed) -> {
          if (failed != null) {
            fail("The metadata log cannot be read: " + failed.getMessage(), failed);
          } else {
            event(() -> rules.onLogRead(nowMs(), read, entries));
          }
        });
  }

  private void read(Ready.SnapshotRead read) {
    storage.read(
        read,
        (SnapshotSource.Piece piece, Throwable failed) -> {
          if (failed != null) {
            fail("A metadata snapshot cannot be read: " + failed.getMessage(), failed);
          } else if (piece == null) {
            event(() -> rules.onSnapshotRead(nowMs(), read, null, false));
          } else {
            boolean last = read.position() + piece.bytes().remaining() == piece.totalBytes();
            event(() -> rules.onSnapshotRead(nowMs(), read, piece.bytes(), last));
          }
        });
  }

  /** As {@link Quorum#snapshot}. */
  Future<Void> snapshot(long lastOffset, List<MetadataRecord> records) {
    if (closing || failure != null) {
      return Future.failedFuture(new IllegalStateException("The metadata log is closed or failed"));
    }
    Promise<Void> promise = Promise.promise();
    storage.snapshot(
        lastOffset,
        records,
        (taken, failed) -> {
          if (failed != null) {
            LOG.warn("Metadata snapshot at offset {} failed", lastOffset, failed);
            promise.fail(failed);
            return;
          }
          if (taken) {
            event(() -> rules.onSnapshotTaken(lastOffset + 1));
          }
          promise.complete();
        });
    return promise.future();
  }

  private void fail(String message, Throwable cause) {
    if (closed || failure != null) {
      return;
    }
    LOG.error("{}; this voter is out of service until the next start", message, cause);
    failure = new QuorumException(Errors.KAFKA_STORAGE_ERROR, message, cause);
    leadership.isLostBecause(failure);
    try {
      rules.onDiskFailed();
      after();
    } catch (RuntimeException bug) {
      LOG.error("The metadata quorum cannot step down in good order", bug);
      leadership.resign(failure);
    }
    requests.failAll(failure);
    led.tryFail(failure);
  }

  // ---- What the leader is asked

  /** Asks, or fails when this node is not to be asked any more. */
  <T> Future<T> ask(Question<T> question) {
    if (failure != null) {
      return Future.failedFuture(failure);
    }
    if (closing) {
      return Future.failedFuture(leadership.notLeading());
    }
    return answerOf(() -> question.to(requests));
  }

  /** What the leader can be asked. */
  interface Question<T> {
    Future<T> to(LeaderRequests requests);
  }

  /** As {@link Quorum#transferLeadership}. */
  Future<Void> transferTo(int nodeId) {
    long withinMs = 2L * config.timing().electionTimeoutMs();
    return ask(ignored -> transfer.to(nodeId, nowMs(), withinMs));
  }

  private <T> Future<T> answerOf(Supplier<Future<T>> question) {
    try {
      Future<T> answer = question.get();
      afterThisTurn();
      return answer;
    } catch (RuntimeException | Error bug) {
      fail("The metadata quorum failed: " + bug, bug);
      return Future.failedFuture(bug);
    }
  }

  // ---- What comes from outside

  void receive(Message message) {
    event(() -> rules.step(nowMs(), message));
  }

  /** As {@link Quorum#onPeers}. */
  void onPeers(Set<VoterId> peers) {
    event(() -> rules.onPeers(peers));
  }

  /** As {@link Quorum#onMemberGone}. */
  void onMemberGone(int nodeId) {
    event(() -> rules.onMemberGone(nowMs(), nodeId));
  }

  /** As {@link Quorum#nominate}. */
  void nominate(boolean isNominated) {
    timers.nominate(isNominated);
  }

  // ---- The end

  /** Takes no more requests; completes, one way or the other, when the lead need not be kept. */
  Future<Void> handOver() {
    closing = true;
    leadership.onClosing();
    return failure == null && rules.role() == Role.LEADER
        ? answerOf(() -> transfer.toTheMostUpToDate(nowMs(), HAND_OVER_MS)).otherwiseEmpty()
        : Future.succeededFuture();
  }

  /** Ends everything but what the disk does at the moment; completes when the files are closed. */
  Future<Void> close() {
    closed = true;
    timers.cancel();
    QuorumException why = new QuorumException(Errors.NOT_CONTROLLER, "The node is shutting down");
    return storage.close(rules.committedEnd()).onComplete(done -> requests.failAll(why));
  }
}
