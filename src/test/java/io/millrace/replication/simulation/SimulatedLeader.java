package io.millrace.replication.simulation;

import io.millrace.controller.Controller.IsrChange;
import io.millrace.controller.Controller.IsrMember;
import io.millrace.controller.Controller.IsrReply;
import io.millrace.model.EpochEnd;
import io.millrace.partition.FetchAnswer;
import io.millrace.partition.FetchAsk;
import io.millrace.partition.SimulatedReads;
import io.millrace.partition.state.Divergence;
import io.millrace.partition.state.IsrProposal;
import io.millrace.partition.state.LeaderState;
import io.millrace.replication.simulation.SimulatedLog.Entry;
import java.util.List;
import org.apache.kafka.common.protocol.Errors;

/**
 * A leading replica: does what {@code LeaderReplica} and {@code IsrKeeper} do, in the same order.
 *
 * <p>Owner: the simulation's thread.
 */
final class SimulatedLeader {
  private static final int AGAIN_MS = 30;

  /** Takes an answer with its records. */
  interface Answering {
    void answer(FetchAnswer answer, List<Entry> records);
  }

  private final SimulatedBroker broker;
  private final SimulatedCluster world;
  private final SimulatedLog log;
  private final LeaderState state;
  private long toldHighWatermark;

  SimulatedLeader(SimulatedBroker broker, LeaderState state) {
    this.broker = broker;
    this.world = broker.world;
    this.log = broker.log;
    this.state = state;
  }

  LeaderState state() {
    return state;
  }

  private boolean isCurrent() {
    return broker.leader() == state;
  }

  void begin() {
    world.invariants.onLead(broker, state.leaderEpoch());
    onHighWatermark();
    propose();
  }

  /** The controller has committed something. */
  void onCommitted(LeaderState.Committed committed, int minInsyncReplicas) {
    boolean newEpoch = committed.leaderEpoch() != state.leaderEpoch();
    if (newEpoch) {
      log.startEpoch(committed.leaderEpoch());
    }
    boolean grew = state.onCommitted(committed, minInsyncReplicas, world.nowMs());
    if (newEpoch) {
      world.invariants.onLead(broker, state.leaderEpoch());
    }
    if (grew || newEpoch) {
      onHighWatermark();
    }
    propose();
  }

  /** As it was when something was last made of it. */
  long toldHighWatermark() {
    return toldHighWatermark;
  }

  private void onHighWatermark() {
    toldHighWatermark = state.highWatermark();
    world.invariants.onHighWatermark(broker, state.leaderEpoch(), state.highWatermark());
  }

  // ---- The log

  /** A client's batch; acks=all is refused where there are too few replicas. */
  void produce(boolean all) {
    if (!all || state.hasEnoughReplicas()) {
      long offset = log.nextOffset();
      long last = offset + world.random().nextInt(3);
      log.enqueue(new Entry(offset, last, state.leaderEpoch(), world.newValue()));
      broker.replica().write();
    }
  }

  /** More is persisted. */
  void onWritten() {
    if (state.onLocalEnd(log.endOffset(), world.nowMs())) {
      onHighWatermark();
    }
  }

  void deleteRecords() {
    long span = state.highWatermark() - log.startOffset();
    if (span > 0) {
      long before = log.startOffset() + world.random().nextInt((int) span + 1);
      long elsewhere = world.anyEnd();
      boolean exactly = elsewhere > log.startOffset() && elsewhere <= state.highWatermark();
      log.deleteBefore(exactly && world.random().nextBoolean() ? elsewhere : before);
    }
  }

  // ---- Followers

  /** Why a follower is not answered; null = the node leads another one. */
  private static Errors refusal(SimulatedLeader leader, FetchAsk ask) {
    return leader == null || !leader.state.isFollower(ask.follower().nodeId())
        ? Errors.NOT_LEADER_OR_FOLLOWER
        : SimulatedReads.fence(ask, leader.state.leaderEpoch());
  }

  /**
   * A broker answers a follower.
   *
   * @param leader null = it does not lead
   */
  static void answer(SimulatedLeader leader, FetchAsk ask, Answering reply) {
    Errors refusal = refusal(leader, ask);
    if (refusal != Errors.NONE) {
      reply.answer(FetchAnswer.refused(refusal), List.of());
    } else {
      leader.onFetch(ask, reply);
    }
  }

  private void onFetch(FetchAsk ask, Answering reply) {
    EpochEnd diverging =
        Divergence.of(log, state.leaderEpoch(), ask.fetchOffset(), ask.lastFetchedEpoch(), true);
    if (diverging != null) {
      boolean unknown = diverging.endOffset() < 0;
      reply.answer(
          answer(
              unknown ? Errors.OFFSET_OUT_OF_RANGE : Errors.NONE,
              unknown ? null : diverging,
              false),
          List.of());
      return;
    }
    int from = ask.follower().nodeId();
    long epoch = ask.follower().brokerEpoch();
    boolean grew = state.onFollowerFetch(from, epoch, ask.fetchOffset(), world.nowMs());
    state.onFollowerStart(from, epoch, ask.logStartOffset(), log.startOffset());
    if (grew) {
      onHighWatermark();
    }
    world.invariants.onFollowerFetch(broker, state, from, epoch);
    if (state.mayJoin(from, broker.replica()::activeEpoch)) {
      propose();
    }
    boolean outOfRange =
        ask.fetchOffset() < log.startOffset() || ask.fetchOffset() > log.endOffset();
    List<Entry> records = outOfRange ? List.of() : log.read(ask.fetchOffset(), ask.maxBytes());
    reply.answer(
        answer(outOfRange ? Errors.OFFSET_OUT_OF_RANGE : Errors.NONE, null, !records.isEmpty()),
        records);
  }

  private FetchAnswer answer(Errors error, EpochEnd diverging, boolean news) {
    return new FetchAnswer(
        error,
        null,
        state.highWatermark(),
        log.endOffset(),
        log.endOffset(),
        log.startOffset(),
        diverging,
        news,
        null,
        broker.id,
        state.leaderEpoch(),
        -1);
  }

  // ---- The ISR

  void propose() {
    if (!isCurrent()) {
      return;
    }
    IsrProposal proposal =
        state.propose(
            world.nowMs(), any -> SimulatedCluster.MAX_LAG_MS, broker.replica()::activeEpoch);
    if (proposal != null) {
      world.onProposed(broker, proposal);
      ask(proposal);
    }
  }

  private void ask(IsrProposal proposal) {
    IsrChange change =
        new IsrChange(
            SimulatedController.TOPIC_ID,
            0,
            proposal.leaderEpoch(),
            proposal.partitionEpoch(),
            proposal.isr().stream()
                .map(member -> new IsrMember(member.nodeId(), member.brokerEpoch()))
                .toList());
    long epoch = broker.brokerEpoch();
    broker.<IsrReply>askPerhapsSlowly(
        reply -> world.controller.alterPartition(broker.id, epoch, change, reply),
        answer -> {
          if (isCurrent() && proposal.equals(state.proposed())) {
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
      if (answer.partitions().get(0).partitionEpoch() == state.committed().partitionEpoch()) {
        onRefused(proposal);
      }
    } else if (error == Errors.INELIGIBLE_REPLICA || error == Errors.INVALID_REQUEST) {
      onRefused(proposal);
    } else if (error != Errors.INVALID_UPDATE_VERSION && error != Errors.FENCED_LEADER_EPOCH) {
      broker.later(
          AGAIN_MS,
          () -> {
            if (isCurrent() && proposal.equals(state.proposed())) {
              ask(proposal);
            }
          });
    }
  }

  private void onRefused(IsrProposal proposal) {
    world.trace(broker.id, "gives up", proposal);
    if (state.onRefused(proposal)) {
      onHighWatermark();
    }
    broker.later(AGAIN_MS, this::propose);
  }
}
