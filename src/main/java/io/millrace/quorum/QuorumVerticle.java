package io.millrace.quorum;

import io.millrace.metadata.MetadataRecord;
import io.millrace.model.VoterId;
import io.millrace.quorum.state.Message;
import io.millrace.quorum.state.QuorumRules;
import io.millrace.quorum.state.QuorumRules.Role;
import io.millrace.quorum.state.QuorumStatus;
import io.millrace.quorum.state.Ready;
import io.millrace.quorum.state.VoterChange;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A replica of the metadata log: carries between {@link QuorumRules}, the files, the other replicas
 * and the listener, and decides nothing. While one write is on its way to the disk, proposals and
 * what a leader sends gather; the next write takes all of them with one fsync. The leader's own
 * write and those of its followers run at the same time.
 *
 * <p>A full disk ends the lead: what waits fails, and every second the disk is tried again. A disk
 * that fails otherwise ends the vote of this node until the next start; the rest of the node goes
 * on with what it knows.
 *
 * <p>Owner: quorum context.
 */
public final class QuorumVerticle extends VerticleBase implements Quorum {
  /** So often a nominee asks for an election. */
  public static final int NOMINEE_ASKS_MS = 100;

  private static final Logger LOG = LoggerFactory.getLogger(QuorumVerticle.class);

  /** A leader with so many uncommitted records takes no more until they are committed. */
  private static final long MAX_UNCOMMITTED_RECORDS = 1_000_000;

  private static final long REMEMBER_COMMITTED_MS = 500;
  private static final long HAND_OVER_MS = 1_000;
  private static final long NO_TIMER = -1;
  private static final int NOT_LEADING = -1;

  private final QuorumConfig config;
  private final QuorumTransport transport;
  private final CommitListener listener;
  private final DiskWorker worker;
  private final long startNanos;
  private final Promise<Void> active = Promise.promise();
  private final Promise<Void> stopped = Promise.promise();
  private final WaitingProposals proposals = new WaitingProposals();
  private final Map<Long, Promise<Long>> reads = new HashMap<>();
  private final QuorumInbox inbox;

  private Context home;
  private QuorumDisk disk;
  private QuorumRules rules;
  private VoterId self;

  /** Completes when this node leads no longer; null = nobody waits for that. */
  private Promise<Void> handOver;

  /** The term in which the listener was told that this node leads. */
  private int ledTerm = NOT_LEADING;

  private int toldLeader = NOT_LEADING;
  private int toldTerm;

  /** What the listener is told if the lead is lost now. */
  private QuorumException whyLost;

  /** No proposals are taken before everything appended is committed. */
  private boolean paused;

  private boolean turnQueued;
  private boolean nominated;
  private boolean nomineeTimer;
  private long timer = NO_TIMER;
  private long timerAtMs;
  private long rememberedEnd;
  private boolean rememberTimer;

  /** Since the last success; said once in the log. */
  private boolean diskFull;

  private boolean closing;
  private boolean closed;
  private QuorumException failure;
  private String problem;
  private volatile QuorumView view;

  private QuorumVerticle(QuorumConfig config, QuorumTransport transport, CommitListener listener) {
    this.config = config;
    this.transport = transport;
    this.listener = listener;
    this.worker = new DiskWorker(config.nodeId());
    this.startNanos = config.clock().nanos();
    this.inbox = new QuorumInbox(config.clock());
    this.view =
        new QuorumView(
            new VoterId(config.nodeId(), new UUID(0, 0)),
            Role.FOLLOWER,
            false,
            0,
            null,
            0,
            0,
            List.of(),
            null,
            0);
  }

  /**
   * Opens the log of a node that is alone and runs until it leads and everything committed before
   * was delivered to the listener. Fails, with nothing left open, when the log is damaged or cannot
   * be written.
   */
  public static Future<Quorum> open(Vertx vertx, QuorumConfig config, CommitListener listener) {
    return open(vertx, config, QuorumTransport.NONE, listener);
  }

  /**
   * Opens the log of a member of a cluster and completes when what it knows to be committed was
   * delivered to the listener; it does not wait for a leader. When the log is damaged the node
   * takes part as a learner that says what is wrong ({@link QuorumView#problem}).
   *
   * @param transport leads to the other replicas; it may call {@link #receive} as soon as this
   *     completes
   */
  public static Future<Quorum> open(
      Vertx vertx, QuorumConfig config, QuorumTransport transport, CommitListener listener) {
    QuorumVerticle quorum = new QuorumVerticle(config, transport, listener);
    return vertx.deployVerticle(quorum).map(id -> quorum);
  }

  // ---- Start

  @Override
  public Future<?> start() {
    home = context;
    Promise<QuorumDisk.Opened> opened = Promise.promise();
    openDisk(opened);
    return opened
        .future()
        .compose(this::onOpened)
        .recover(why -> stop().transform(ignored -> Future.failedFuture(why)));
  }

  private void openDisk(Promise<QuorumDisk.Opened> opened) {
    if (closing) {
      opened.fail(new QuorumException(Errors.NOT_CONTROLLER, "It is closed"));
      return;
    }
    worker.run(
        () -> QuorumDisk.open(config),
        home,
        (value, failed) -> {
          if (failed == null) {
            disk = value.disk();
            opened.complete(value);
          } else if (isDiskFull(failed)) {
            sayDiskFull(failed.getMessage());
            vertx.setTimer(config.timing().diskRetryMs(), ignored -> openDisk(opened));
          } else {
            opened.fail(failed);
          }
        });
  }

  private boolean isDiskFull(Throwable failed) {
    return failed instanceof IOException io
        && !(failed instanceof MetadataLogException)
        && config.io().outOfSpace(io, config.directory().toAbsolutePath().getParent());
  }

  private Future<Void> onOpened(QuorumDisk.Opened opened) {
    if (closing) {
      return Future.failedFuture(new QuorumException(Errors.NOT_CONTROLLER, "It is closed"));
    }
    self = opened.self();
    problem = opened.problem();
    rules =
        new QuorumRules(
            self, config.timing(), opened.stored(), RandomGenerator.getDefault(), nowMs());
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
    rememberedEnd = opened.stored().committedEnd();
    if (opened.snapshotRecords() != null) {
      listener.onSnapshot(opened.stored().snapshot().endOffset() - 1, opened.snapshotRecords());
    }
    after();
    if (config.isAlone()) {
      event(() -> rules.nominate(nowMs()));
      return active.future();
    }
    return failure == null ? Future.succeededFuture() : Future.failedFuture(failure);
  }

  private long nowMs() {
    return TimeUnit.NANOSECONDS.toMillis(config.clock().nanos() - startNanos);
  }

  // ---- What happens

  /** Something happens to the rules; then what they want is done. */
  private void event(Runnable happens) {
    if (closed || rules == null) {
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
    noticeLeader();
    noticeLead();
    armTimers();
    publish();
  }

  private void perform(Ready ready) {
    if (ready.write() != null) {
      write(ready.write()); // first: the others' disks are to work at the same time as this one
    }
    for (Message message : ready.messages()) {
      transport.send(message.to().nodeId(), QuorumMessageCodec.encode(message));
    }
    noticeLoss();
    if (!ready.committed().isEmpty()) {
      listener.onCommitted(ready.committed());
      proposals.onCommitted(rules.committedEnd());
    }
    ready.logReads().forEach(this::read);
    ready.snapshotReads().forEach(this::read);
    for (Ready.Read read : ready.reads()) {
      Promise<Long> promise = reads.remove(read.ticket());
      if (read.end() < 0) {
        promise.fail(notLeading());
      } else {
        promise.complete(read.end());
      }
    }
  }

  private boolean isLeading() {
    return rules.isActive() && !paused;
  }

  /** Before the listener hears of what another leader, or this one in another term, committed. */
  private void noticeLoss() {
    if (ledTerm != NOT_LEADING && !(isLeading() && rules.term() == ledTerm)) {
      ledTerm = NOT_LEADING;
      QuorumException why = whyLost == null ? notLeading() : whyLost;
      whyLost = null;
      listener.onResigned(why);
      proposals.failAll(why);
    }
    if (handOver != null && rules.role() != Role.LEADER) {
      Promise<Void> done = handOver;
      handOver = null;
      done.complete();
    }
  }

  private void noticeLeader() {
    int leader = rules.leader() == null ? -1 : rules.leader().nodeId();
    if (leader != toldLeader || rules.term() != toldTerm) {
      toldLeader = leader;
      toldTerm = rules.term();
      if (leader >= 0 && leader != config.nodeId()) {
        LOG.info("Node {} leads the metadata quorum in term {}", leader, toldTerm);
      }
      listener.onLeaderKnown(leader, toldTerm);
    }
  }

  private void noticeLead() {
    paused = paused && rules.committedEnd() < rules.logEnd();
    if (ledTerm == NOT_LEADING && isLeading()) {
      ledTerm = rules.term();
      LOG.info(
          "Node {} leads the metadata quorum in term {}; {} is committed up to {}",
          config.nodeId(),
          ledTerm,
          config.directory().getFileName(),
          rules.committedEnd());
      listener.onLeader(ledTerm);
      active.tryComplete();
    }
  }

  private QuorumException notLeading() {
    int leader = rules.leader() == null ? -1 : rules.leader().nodeId();
    return new QuorumException(
        Errors.NOT_CONTROLLER,
        closing
            ? "The node is shutting down"
            : "This node does not lead the metadata quorum in term "
                + rules.term()
                + (leader < 0 || leader == config.nodeId()
                    ? "; who does is not known"
                    : "; node " + leader + " does"));
  }

  private void publish() {
    QuorumStatus status = rules.status();
    long wallMs = config.clock().wallMs() - nowMs();
    List<QuorumView.Replica> replicas = new ArrayList<>(status.replicas().size());
    for (QuorumStatus.Replica replica : status.replicas()) {
      replicas.add(
          new QuorumView.Replica(
              replica.id(),
              replica.voter(),
              replica.endOffset(),
              replica.lastHeardMs() < 0 ? -1 : wallMs + replica.lastHeardMs(),
              replica.caughtUpMs() < 0 ? -1 : wallMs + replica.caughtUpMs()));
    }
    view =
        new QuorumView(
            self,
            rules.role(),
            ledTerm != NOT_LEADING,
            status.term(),
            status.leader(),
            status.committedEnd(),
            status.logEnd(),
            replicas,
            failure != null ? failure.getMessage() : problem,
            inbox.dropped());
  }

  // ---- Time

  private void armTimers() {
    if (closed) {
      return;
    }
    long wantedMs = rules.nextTickMs();
    // One that is too early costs less than to set a new one with each heartbeat.
    if (wantedMs != Long.MAX_VALUE && (timer == NO_TIMER || wantedMs < timerAtMs)) {
      if (timer != NO_TIMER) {
        vertx.cancelTimer(timer);
      }
      timerAtMs = wantedMs;
      timer = vertx.setTimer(Math.max(1, wantedMs - nowMs()), ignored -> onTimer());
    }
    if (nominated && !nomineeTimer && rules.leader() == null) {
      nomineeTimer = true;
      vertx.setTimer(NOMINEE_ASKS_MS, ignored -> onNomineeTimer());
    }
    if (!rememberTimer && rules.committedEnd() > rememberedEnd) {
      rememberTimer = true;
      vertx.setTimer(REMEMBER_COMMITTED_MS, ignored -> rememberCommitted());
    }
  }

  private void onTimer() {
    timer = NO_TIMER;
    event(
        () -> {
          long now = nowMs();
          if (now >= rules.nextTickMs()) {
            rules.tick(now);
          }
        });
  }

  private void onNomineeTimer() {
    nomineeTimer = false;
    if (nominated) {
      event(() -> rules.nominate(nowMs()));
    }
  }

  private void rememberCommitted() {
    rememberTimer = false;
    if (closed || failure != null) {
      return;
    }
    long end = rules.committedEnd();
    rememberedEnd = end;
    worker.run(
        () -> {
          disk.remember(end);
          return null;
        },
        home,
        (nothing, failed) -> {
          if (failed != null) {
            LOG.warn("Cannot remember what is committed", failed);
          }
        });
  }

  // ---- The disk

  private void write(Ready.Write write) {
    long committedEnd = rules.committedEnd();
    worker.run(
        () -> disk.write(write, committedEnd),
        home,
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
      sayDiskFull(failed.getMessage());
      vertx.setTimer(
          config.timing().diskRetryMs(), ignored -> event(() -> rules.onSnapshotRefused(nowMs())));
    } else if (failed != null) {
      sayDiskFull(failed.getMessage());
      whyLost = new QuorumException(Errors.KAFKA_STORAGE_ERROR, failed.getMessage(), failed);
      rules.onAppendFailed(nowMs(), written.endOffset());
    } else if (written.installed() != null) {
      diskFull = false;
      listener.onSnapshot(write.chunk().snapshot().endOffset() - 1, written.installed());
      rules.onSnapshotInstalled(nowMs(), QuorumDisk.votersIn(written.installed()));
    } else if (written.refused()) {
      rules.onSnapshotRefused(nowMs());
    } else {
      diskFull = false;
      rules.onWritten(nowMs());
    }
    if (written.snapshotWanted()) {
      after(); // what this write committed comes first
      listener.onSnapshotWanted();
    }
  }

  private void sayDiskFull(String message) {
    if (!diskFull) {
      diskFull = true;
      LOG.error(
          "{}; this node cannot write metadata until there is space, trying again every {} ms",
          message,
          config.timing().diskRetryMs());
    }
  }

  private void fail(String message, Throwable cause) {
    if (closed || failure != null) {
      return;
    }
    LOG.error("{}; this voter is out of service until the next start", message, cause);
    failure = new QuorumException(Errors.KAFKA_STORAGE_ERROR, message, cause);
    whyLost = failure;
    try {
      rules.onDiskFailed();
      after();
    } catch (RuntimeException bug) {
      LOG.error("The metadata quorum cannot step down in good order", bug);
      if (ledTerm != NOT_LEADING) {
        ledTerm = NOT_LEADING;
        listener.onResigned(failure);
      }
    }
    proposals.failAll(failure);
    reads.values().forEach(read -> read.fail(failure));
    reads.clear();
    active.tryFail(failure);
  }

  private void read(Ready.LogRead read) {
    worker.run(
        () -> disk.read(read),
        home,
        (entries, failed) -> {
          if (failed != null) {
            fail("The metadata log cannot be read: " + failed.getMessage(), failed);
          } else {
            event(() -> rules.onLogRead(nowMs(), read, entries));
          }
        });
  }

  private void read(Ready.SnapshotRead read) {
    worker.run(
        () -> disk.read(read),
        home,
        (piece, failed) -> {
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

  @Override
  public Future<Void> snapshot(long lastOffset, List<MetadataRecord> records) {
    Promise<Void> promise = Promise.promise();
    home.runOnContext(
        ignored -> {
          if (closing || failure != null) {
            promise.fail(new IllegalStateException("The metadata log is closed or failed"));
            return;
          }
          worker.run(
              () -> disk.snapshot(lastOffset, records),
              home,
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
        });
    return promise.future();
  }

  // ---- What the leader is asked

  /** Runs on the quorum's context, or fails when this node is not to be asked any more. */
  private <T> Future<T> ask(Consumer<Promise<T>> question) {
    Promise<T> promise = Promise.promise();
    home.runOnContext(
        ignored -> {
          if (failure != null) {
            promise.fail(failure);
          } else if (closing) {
            promise.fail(notLeading());
          } else {
            try {
              question.accept(promise);
              afterThisTurn();
            } catch (RuntimeException | Error bug) {
              fail("The metadata quorum failed: " + bug, bug);
              promise.tryFail(bug);
            }
          }
        });
    return promise.future();
  }

  @Override
  public Future<Long> propose(int term, long baseOffset, List<MetadataRecord> records) {
    List<MetadataRecord> group = List.copyOf(records);
    return ask(
        promise -> {
          if (ledTerm != term || !isLeading()) {
            promise.fail(notLeading());
          } else if (rules.logEnd() - rules.committedEnd() > MAX_UNCOMMITTED_RECORDS) {
            pause(
                new QuorumException(
                    Errors.THROTTLING_QUOTA_EXCEEDED,
                    "More than "
                        + MAX_UNCOMMITTED_RECORDS
                        + " changes of metadata wait to be committed"));
            promise.fail(whyLost);
          } else if (baseOffset != ANYWHERE && baseOffset != rules.logEnd()) {
            pause(
                new QuorumException(
                    Errors.NOT_CONTROLLER, "The voters have changed in the meantime; try again"));
            promise.fail(whyLost);
          } else {
            proposals.add(rules.propose(group), promise);
          }
        });
  }

  private void pause(QuorumException why) {
    paused = true;
    whyLost = why;
  }

  @Override
  public Future<Long> readIndex() {
    return ask(
        promise -> {
          long ticket = rules.readIndex();
          if (ticket < 0) {
            promise.fail(notLeading());
          } else {
            reads.put(ticket, promise);
          }
        });
  }

  @Override
  public Future<Void> addVoter(VoterId id) {
    return this.<Long>ask(promise -> onChange(rules.addVoter(id), id, promise)).mapEmpty();
  }

  @Override
  public Future<Void> removeVoter(VoterId id) {
    return this.<Long>ask(promise -> onChange(rules.removeVoter(id), id, promise)).mapEmpty();
  }

  private void onChange(VoterChange change, VoterId id, Promise<Long> promise) {
    if (change.refusal() == null) {
      proposals.add(change.lastOffset(), promise);
    } else {
      promise.fail(refusal(change.refusal(), id));
    }
  }

  private QuorumException refusal(VoterChange.Refusal why, VoterId id) {
    return why == VoterChange.Refusal.NOT_LEADER ? notLeading() : Refusals.of(why, id);
  }

  @Override
  public Future<Void> transferLeadership(int nodeId) {
    return ask(
        promise -> {
          VoterId to = null;
          for (VoterId voter : rules.voters()) {
            if (voter.nodeId() == nodeId) {
              to = voter;
            }
          }
          if (to == null) {
            promise.fail(
                new QuorumException(Errors.VOTER_NOT_FOUND, "Node " + nodeId + " is not a voter"));
            return;
          }
          VoterChange.Refusal refused = rules.transferTo(nowMs(), to);
          if (refused != null) {
            promise.fail(refusal(refused, to));
            return;
          }
          onHandedOver(2L * config.timing().electionTimeoutMs(), promise);
        });
  }

  /** Completes the promise when this node leads no longer, or fails it after a time. */
  private void onHandedOver(long withinMs, Promise<Void> promise) {
    if (handOver == null) {
      handOver = Promise.promise();
    }
    handOver.future().onComplete(done -> promise.tryComplete());
    vertx.setTimer(
        withinMs,
        ignored ->
            promise.tryFail(
                new QuorumException(
                    Errors.REQUEST_TIMED_OUT,
                    "The other voter did not take over within " + withinMs + " ms")));
  }

  // ---- What comes from outside

  @Override
  public void receive(int fromNodeId, ByteBuffer message) {
    inbox.receive(fromNodeId, message, home, read -> event(() -> rules.step(nowMs(), read)));
  }

  @Override
  public void onPeers(Set<VoterId> peers) {
    Set<VoterId> known = Set.copyOf(peers);
    home.runOnContext(ignored -> event(() -> rules.onPeers(known)));
  }

  @Override
  public void onMemberGone(int nodeId) {
    home.runOnContext(ignored -> event(() -> rules.onMemberGone(nowMs(), nodeId)));
  }

  @Override
  public void nominate(boolean isNominated) {
    home.runOnContext(
        ignored -> {
          nominated = isNominated;
          if (nominated) {
            event(() -> rules.nominate(nowMs()));
          }
        });
  }

  @Override
  public QuorumView status() {
    return view;
  }

  // ---- The end

  @Override
  public Future<Void> close() {
    Promise<Void> promise = Promise.promise();
    home.runOnContext(
        ignored ->
            (closing ? stopped.future() : vertx.undeploy(deploymentID())).onComplete(promise));
    return promise.future();
  }

  @Override
  public Future<?> stop() {
    if (closing) {
      return stopped.future();
    }
    closing = true;
    handOverBeforeEnd().onComplete(done -> closeFiles());
    return stopped.future();
  }

  private Future<Void> handOverBeforeEnd() {
    if (rules == null || failure != null || rules.role() != Role.LEADER) {
      return Future.succeededFuture();
    }
    Promise<Void> promise = Promise.promise();
    rules.status().replicas().stream()
        .filter(replica -> replica.voter() && !replica.id().equals(self))
        .max(
            Comparator.comparingLong(QuorumStatus.Replica::endOffset)
                .thenComparingLong(QuorumStatus.Replica::lastHeardMs))
        .ifPresentOrElse(
            best ->
                event(
                    () -> {
                      if (rules.transferTo(nowMs(), best.id()) == null) {
                        onHandedOver(HAND_OVER_MS, promise);
                      } else {
                        promise.complete();
                      }
                    }),
            promise::complete);
    return promise.future();
  }

  private void closeFiles() {
    closed = true;
    if (timer != NO_TIMER) {
      vertx.cancelTimer(timer);
    }
    QuorumException why = new QuorumException(Errors.NOT_CONTROLLER, "The node is shutting down");
    long committedEnd = rules == null ? 0 : rules.committedEnd();
    worker.run(
        () -> {
          if (disk != null) {
            disk.remember(committedEnd);
            disk.close();
          }
          return null;
        },
        home,
        (nothing, failed) -> {
          proposals.failAll(why);
          reads.values().forEach(read -> read.fail(why));
          reads.clear();
          if (failed == null) {
            stopped.complete();
          } else {
            stopped.fail(failed);
          }
        });
    worker.close();
  }
}
