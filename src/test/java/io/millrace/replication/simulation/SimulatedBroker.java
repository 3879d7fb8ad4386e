package io.millrace.replication.simulation;

import io.millrace.controller.BrokerRegistration;
import io.millrace.controller.BrokerRegistration.Tails;
import io.millrace.controller.ClusterConfig;
import io.millrace.controller.Controller.Heartbeat;
import io.millrace.controller.Controller.HeartbeatReply;
import io.millrace.controller.Controller.IsrChange;
import io.millrace.controller.Controller.IsrMember;
import io.millrace.controller.Controller.IsrReply;
import io.millrace.controller.Controller.Registered;
import io.millrace.metadata.BrokerImage;
import io.millrace.metadata.Endpoint;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.PartitionImage;
import io.millrace.model.EpochEnd;
import io.millrace.partition.state.Divergence;
import io.millrace.partition.state.FollowerState;
import io.millrace.partition.state.IsrProposal;
import io.millrace.partition.state.LeaderState;
import io.millrace.replication.simulation.SimulatedLog.Entry;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import org.apache.kafka.common.protocol.Errors;

/**
 * A broker with one replica. The rules are the real ones; what is here instead of {@code
 * LeaderReplica}, {@code FollowerReplica}, {@code IsrKeeper} and {@code PartitionVerticle} does the
 * same in the same order.
 *
 * <p>Owner: the simulation's thread.
 */
final class SimulatedBroker {
  private static final int HEARTBEAT_MS = 30;
  private static final int TIMEOUT_MS = 80;
  private static final int AGAIN_MS = 30;
  private static final int MAX_RECORDS = 16;

  /** What a follower asks for; an answer is taken if it is to the very same question. */
  record Wanted(int leaderEpoch, long offset, int lastFetchedEpoch) {}

  final int id;
  private final SimulatedCluster world;

  // ---- The machine

  final SimulatedLog log = new SimulatedLog();
  private UUID directory;
  // How often the machine lost power or its disk, and up to which of it the controller knows.
  private int losses;
  private int lossesTold;

  // ---- The process

  private boolean up;
  private boolean paused;
  private int process;
  private final List<Runnable> backlog = new ArrayList<>();
  private UUID incarnation;
  private long brokerEpoch;
  private long previousEpoch = -1;
  private boolean told;
  private boolean leaving;
  private int applied;
  // null = its partition is not started yet.
  private MetadataImage image;
  private int minInsyncReplicas;
  private long knownHighWatermark;
  private boolean writing;
  // The log is cut or begun anew.
  private boolean changing;

  // ---- Its role

  private PartitionImage role;
  // null = it does not lead.
  LeaderState leader;
  // null = it does not follow.
  FollowerState follower;
  private boolean taking;
  private int asked;
  private int pauses;

  SimulatedBroker(SimulatedCluster world, int id) {
    this.world = world;
    this.id = id;
    this.directory = new UUID(100 + id, 0);
  }

  // ---- Life

  boolean isUp() {
    return up;
  }

  boolean isPaused() {
    return paused;
  }

  boolean works() {
    return up && !paused;
  }

  int process() {
    return process;
  }

  boolean isRegistered() {
    return up && brokerEpoch >= 0;
  }

  long brokerEpoch() {
    return brokerEpoch;
  }

  /** It has lost something that the controller does not know of yet. */
  boolean isSuspect() {
    return lossesTold < losses;
  }

  int losses() {
    return losses;
  }

  /** The controller has committed a registration that tells of so many losses. */
  void onLossesTold(int count) {
    lossesTold = Math.max(lossesTold, count);
  }

  void start() {
    up = true;
    paused = false;
    process++;
    told = false;
    leaving = false;
    brokerEpoch = -1;
    applied = world.controller.images.size() - 1;
    image = null;
    incarnation = new UUID(id, process);
    register();
    heartbeat();
    checkIsr();
  }

  /** kill -9. */
  void crash() {
    end();
    previousEpoch = -1;
    log.crash();
  }

  void losePower() {
    end();
    previousEpoch = -1;
    losses++;
    log.losePower(world.random);
    world.invariants.onLogCut(this);
  }

  void wipe() {
    end();
    previousEpoch = -1;
    losses++;
    directory = new UUID(100 + id, losses);
    log.wipe();
    world.invariants.onLogCut(this);
  }

  private void stopInOrder() {
    log.write();
    end();
    log.sync();
    previousEpoch = brokerEpoch;
  }

  private void end() {
    up = false;
    paused = false;
    process++;
    backlog.clear();
    leader = null;
    follower = null;
    role = null;
    writing = false;
    changing = false;
    taking = false;
  }

  void pause() {
    paused = true;
  }

  void resume() {
    paused = false;
    List<Runnable> waiting = List.copyOf(backlog);
    backlog.clear();
    waiting.forEach(Runnable::run);
  }

  /** Runs what is meant for a process, if it is still there. */
  void run(int meant, Runnable what) {
    if (meant != process || !up) {
      return;
    }
    if (paused) {
      backlog.add(() -> run(meant, what));
    } else {
      what.run();
    }
  }

  private void later(long ms, Runnable what) {
    int now = process;
    world.at(world.nowMs + ms, () -> run(now, what));
  }

  // ---- The controller

  /** Sends to the controller, and takes its answer once; null = there was none. */
  private <T> void ask(Consumer<Consumer<T>> question, Consumer<T> answer) {
    boolean[] answered = {false};
    int now = process;
    Consumer<T> once =
        found -> {
          if (!answered[0]) {
            answered[0] = true;
            answer.accept(found);
          }
        };
    world.toController(
        id,
        () ->
            question.accept(
                found -> world.fromController(id, () -> run(now, () -> once.accept(found)))));
    later(TIMEOUT_MS, () -> once.accept(null));
  }

  private void register() {
    int toTell = losses;
    boolean cut = !told && lossesTold < losses;
    BrokerRegistration registration =
        new BrokerRegistration(
            id,
            incarnation,
            List.of(directory),
            List.of(new Endpoint("PLAINTEXT", "h", id)),
            null,
            ClusterConfig.DEFAULT.features(),
            told ? -1 : previousEpoch,
            cut ? Tails.MAY_BE_CUT : Tails.WHOLE,
            true,
            true);
    world.noteRegistration(incarnation, id, toTell);
    this.<Registered>ask(
        reply -> world.controller.register(registration, reply),
        answer -> {
          if (answer == null || answer.outcome().error() != Errors.NONE) {
            later(AGAIN_MS, this::register);
          } else if (cut) {
            // What was lost is said once; the broker itself registers behind it.
            told = true;
            incarnation = new UUID(id, incarnation.getLeastSignificantBits() + (1 << 20));
            register();
          } else {
            told = true;
            brokerEpoch = answer.epoch();
            world.trace(id, "is registered", brokerEpoch);
            serveIfKnown();
          }
        });
  }

  private void heartbeat() {
    later(HEARTBEAT_MS, this::heartbeat);
    if (brokerEpoch < 0 || image == null) {
      return;
    }
    long epoch = brokerEpoch;
    Heartbeat heartbeat = new Heartbeat(id, epoch, current().offset(), image == null, leaving);
    this.<HeartbeatReply>ask(
        reply -> world.controller.heartbeat(heartbeat, reply),
        answer -> {
          if (answer == null || epoch != brokerEpoch) {
            return;
          }
          Errors error = answer.outcome().error();
          if (error == Errors.STALE_BROKER_EPOCH || error == Errors.BROKER_ID_NOT_REGISTERED) {
            brokerEpoch = -1;
            incarnation = new UUID(id, incarnation.getLeastSignificantBits() + (1 << 20));
            register();
          } else if (leaving && answer.shouldShutDown()) {
            world.trace(id, "stops", "");
            stopInOrder();
          }
        });
  }

  void leave() {
    leaving = true;
  }

  private MetadataImage current() {
    return world.controller.images.get(applied);
  }

  /** The image has got some way, perhaps by several changes at once. */
  void learn() {
    int known = world.controller.images.size() - 1;
    if (applied < known) {
      applied = applied + 1 + world.random.nextInt(known - applied);
      if (image == null) {
        serveIfKnown();
      } else {
        apply();
      }
    }
  }

  private void serveIfKnown() {
    BrokerImage self = current().brokers().get(id);
    if (image == null && brokerEpoch >= 0 && self != null && self.epoch() >= brokerEpoch) {
      knownHighWatermark = log.startOffset();
      apply();
    }
  }

  private void apply() {
    MetadataImage before = image;
    image = current();
    PartitionImage now = SimulatedController.partition(image);
    minInsyncReplicas =
        Math.min(
            now.replicas().size(),
            SimulatedController.POLICIES.minInsyncReplicas(image, SimulatedController.TOPIC));
    if (!now.replicas().contains(id)) {
      return;
    }
    boolean newEpoch = role == null || role.leaderEpoch() != now.leaderEpoch();
    role = now;
    if (newEpoch) {
      leaveRole();
      if (!changing) {
        become();
      }
    } else if (leader != null) {
      if (leader.onCommitted(committedState(), minInsyncReplicas, world.nowMs)) {
        onHighWatermark();
      }
      propose();
    }
    if (leader != null && (before == null || before.brokers() != image.brokers())) {
      propose();
    }
  }

  private LeaderState.Committed committedState() {
    return new LeaderState.Committed(
        role.leaderEpoch(), role.partitionEpoch(), role.replicas(), role.isr());
  }

  private void leaveRole() {
    if (leader != null) {
      knownHighWatermark = leader.highWatermark();
    } else if (follower != null) {
      knownHighWatermark = follower.highWatermark();
    }
    leader = null;
    follower = null;
    taking = false;
  }

  private void become() {
    if (role.leader() == id) {
      lead();
    } else if (role.leader() != PartitionImage.NO_LEADER) {
      follow();
    }
  }

  // ---- Leading

  private void lead() {
    log.startEpoch(role.leaderEpoch());
    leader =
        new LeaderState(
            id,
            committedState(),
            minInsyncReplicas,
            log.endOffset(),
            Math.max(log.startOffset(), Math.min(knownHighWatermark, log.endOffset())),
            world.nowMs);
    world.trace(id, "leads", role + " with " + log);
    world.invariants.onLead(this, role.leaderEpoch());
    onHighWatermark();
    propose();
  }

  /** A client's batch; acks=all is refused where there are too few replicas. */
  boolean produce(boolean all) {
    if (leader == null || (all && !leader.hasEnoughReplicas())) {
      return false;
    }
    log.enqueue(new Entry(log.nextOffset(), leader.leaderEpoch(), world.newValue()));
    write();
    return true;
  }

  private void write() {
    if (writing || log.isIdle()) {
      return;
    }
    writing = true;
    later(
        1 + world.random.nextInt(world.writeMs),
        () -> {
          writing = false;
          if (world.random.nextInt(100) < world.failedWritePercent) {
            log.failWrite();
            if (taking && !changing) {
              taken(null, true);
            }
            return;
          }
          world.invariants.onWritten(this, log.write());
          if (leader != null) {
            if (leader.onLocalEnd(log.endOffset(), world.nowMs)) {
              onHighWatermark();
            }
          } else if (taking && !changing) {
            taken(takenAnswer, false);
          }
          write();
        });
  }

  private void onHighWatermark() {
    world.invariants.onHighWatermark(this, leader.leaderEpoch(), leader.highWatermark());
  }

  /** Answers a follower. */
  private void onFetch(
      int from,
      long epoch,
      Wanted wanted,
      Consumer<FollowerState.Answer> refused,
      Answering reply) {
    Errors refusal = Errors.NONE;
    if (leader == null || !leader.isFollower(from)) {
      refusal = Errors.NOT_LEADER_OR_FOLLOWER;
    } else if (wanted.leaderEpoch() != leader.leaderEpoch()) {
      refusal =
          wanted.leaderEpoch() < leader.leaderEpoch()
              ? Errors.FENCED_LEADER_EPOCH
              : Errors.UNKNOWN_LEADER_EPOCH;
    }
    if (refusal != Errors.NONE) {
      refused.accept(new FollowerState.Answer(refusal, false, -1, -1, -1, -1));
      return;
    }
    EpochEnd diverging =
        Divergence.of(log, leader.leaderEpoch(), wanted.offset(), wanted.lastFetchedEpoch(), true);
    if (diverging != null) {
      boolean unknown = diverging.endOffset() < 0;
      reply.answer(
          new FollowerState.Answer(
              unknown ? Errors.OFFSET_OUT_OF_RANGE : Errors.NONE,
              false,
              leader.highWatermark(),
              log.startOffset(),
              unknown ? -1 : diverging.leaderEpoch(),
              unknown ? -1 : diverging.endOffset()),
          List.of());
      return;
    }
    if (leader.onFollowerFetch(from, epoch, wanted.offset(), world.nowMs)) {
      onHighWatermark();
    }
    if (leader.mayJoin(from, this::activeEpoch)) {
      propose();
    }
    boolean outOfRange = wanted.offset() < log.startOffset() || wanted.offset() > log.endOffset();
    List<Entry> records = outOfRange ? List.of() : log.read(wanted.offset(), MAX_RECORDS);
    reply.answer(
        new FollowerState.Answer(
            outOfRange ? Errors.OFFSET_OUT_OF_RANGE : Errors.NONE,
            !records.isEmpty(),
            leader.highWatermark(),
            log.startOffset(),
            -1,
            -1),
        records);
  }

  /** Takes an answer with its records. */
  private interface Answering {
    void answer(FollowerState.Answer answer, List<Entry> records);
  }

  /** DeleteRecords or retention. */
  void deleteRecords() {
    if (leader != null) {
      long span = leader.highWatermark() - log.startOffset();
      if (span > 0) {
        log.deleteBefore(log.startOffset() + world.random.nextInt((int) span + 1));
      }
    }
  }

  void sync() {
    if (!changing) {
      log.sync();
    }
  }

  // ---- The ISR

  private long activeEpoch(int node) {
    BrokerImage broker = image.brokers().get(node);
    return broker != null && broker.active() ? broker.epoch() : -1;
  }

  private void checkIsr() {
    later(SimulatedCluster.MAX_LAG_MS / 2, this::checkIsr);
    propose();
  }

  private void propose() {
    if (leader == null) {
      return;
    }
    IsrProposal proposal =
        leader.propose(world.nowMs, SimulatedCluster.MAX_LAG_MS, this::activeEpoch);
    if (proposal != null) {
      world.trace(id, "proposes", proposal);
      ask(leader, proposal);
    }
  }

  private void ask(LeaderState by, IsrProposal proposal) {
    IsrChange change =
        new IsrChange(
            SimulatedController.TOPIC_ID,
            0,
            proposal.leaderEpoch(),
            proposal.partitionEpoch(),
            proposal.isr().stream()
                .map(member -> new IsrMember(member.nodeId(), member.brokerEpoch()))
                .toList());
    long epoch = brokerEpoch;
    this.<IsrReply>ask(
        reply -> world.controller.alterPartition(id, epoch, change, reply),
        answer -> {
          if (leader == by && proposal.equals(leader.proposed())) {
            onOutcome(proposal, answer);
          }
        });
  }

  private void onOutcome(IsrProposal proposal, IsrReply answer) {
    Errors error =
        answer == null || answer.outcome().error() != Errors.NONE
            ? null
            : answer.partitions().get(0).outcome().error();
    if (error == Errors.NONE) {
      if (answer.partitions().get(0).partitionEpoch() == leader.committed().partitionEpoch()) {
        refused(proposal);
        later(AGAIN_MS, this::propose);
      }
    } else if (error == Errors.INELIGIBLE_REPLICA || error == Errors.INVALID_REQUEST) {
      refused(proposal);
      later(AGAIN_MS, this::propose);
    } else if (error != Errors.INVALID_UPDATE_VERSION && error != Errors.FENCED_LEADER_EPOCH) {
      LeaderState by = leader;
      later(
          AGAIN_MS,
          () -> {
            if (leader == by && proposal.equals(leader.proposed())) {
              ask(by, proposal);
            }
          });
    }
  }

  private void refused(IsrProposal proposal) {
    world.trace(id, "gives up", proposal);
    if (leader.onRefused(proposal)) {
      onHighWatermark();
    }
  }

  // ---- Following

  private FollowerState.Answer takenAnswer;

  private void follow() {
    if (!log.isIdle()) {
      // As PartitionLog.follow: what was assigned is written first.
      changing = true;
      later(1, this::onIdle);
      return;
    }
    log.follow();
    follower = new FollowerState(knownHighWatermark, log);
    world.trace(id, "follows", role.leader() + " in " + role.leaderEpoch() + " with " + log);
    pauses = 0;
    fetch();
  }

  private void onIdle() {
    changing = false;
    become();
  }

  private Wanted wanted() {
    return new Wanted(role.leaderEpoch(), log.endOffset(), log.latestEpoch());
  }

  private void fetch() {
    if (follower == null || taking) {
      return;
    }
    int question = ++asked;
    FollowerState asking = follower;
    if (brokerEpoch >= 0) {
      Wanted wanted = wanted();
      long epoch = brokerEpoch;
      int meant = process;
      SimulatedBroker to = world.broker(role.leader());
      int leaders = to.process();
      Answering reply =
          (answer, records) ->
              world.send(
                  to.id, id, () -> run(meant, () -> onAnswer(asking, wanted, answer, records)));
      world.send(
          id,
          to.id,
          () ->
              to.run(
                  leaders,
                  () ->
                      to.onFetch(
                          id, epoch, wanted, answer -> reply.answer(answer, List.of()), reply)));
    }
    later(
        TIMEOUT_MS,
        () -> {
          if (follower == asking && asked == question) {
            fetch();
          }
        });
  }

  private void onAnswer(
      FollowerState asking, Wanted wanted, FollowerState.Answer answer, List<Entry> records) {
    if (follower != asking || taking || !wanted.equals(wanted())) {
      return;
    }
    taking = true;
    asked++;
    FollowerState.Step step = follower.decide(answer, log);
    switch (step.action()) {
      case NOTHING -> taken(answer, false);
      case WAIT -> taken(null, true);
      case APPEND -> {
        takenAnswer = answer;
        records.forEach(log::enqueue);
        write();
      }
      case CUT -> {
        world.trace(id, "cuts", step.offset() + " of " + log);
        change(() -> log.cut(step.offset()));
      }
      case START_ANEW -> {
        world.trace(id, "starts anew", step.offset() + " instead of " + log);
        change(() -> log.startAnew(step.offset()));
      }
    }
  }

  /** Changes the log as a whole, which ends even if this replica follows no more. */
  private void change(Runnable what) {
    changing = true;
    FollowerState by = follower;
    later(
        1 + world.random.nextInt(world.writeMs),
        () -> {
          changing = false;
          what.run();
          world.invariants.onLogCut(this);
          if (follower == by) {
            follower.onLogChanged(log);
            taken(null, false);
          } else if (follower == null && leader == null && role != null) {
            become();
          }
        });
  }

  /** An answer has been taken; null = nothing is to be learned of it. */
  private void taken(FollowerState.Answer answer, boolean pause) {
    taking = false;
    if (answer != null) {
      log.deleteBefore(follower.startAfter(answer, log));
      if (follower.onTaken(answer, log)) {
        world.invariants.onFollowerHighWatermark(this, role.leaderEpoch());
      }
      world.invariants.onAgreed(this, role);
    }
    pauses = pause ? pauses + 1 : 0;
    FollowerState by = follower;
    later(
        pause ? Math.min(100, 5L << Math.min(10, pauses)) : 1 + world.random.nextInt(10),
        () -> {
          if (follower == by) {
            fetch();
          }
        });
  }

  @Override
  public String toString() {
    return (up ? paused ? "paused" : "up" : "down")
        + " epoch "
        + brokerEpoch
        + (leader != null
            ? " leads, hw " + leader.highWatermark() + ", " + leader.committed()
            : follower != null ? " follows, hw " + follower.highWatermark() : "")
        + " "
        + log;
  }
}
