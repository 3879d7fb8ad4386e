package io.millrace.replication.simulation;

import io.millrace.metadata.PartitionImage;
import io.millrace.partition.state.FollowerState;
import io.millrace.replication.simulation.SimulatedLog.Entry;
import java.util.List;
import org.apache.kafka.common.protocol.Errors;

/**
 * A following replica: does what {@code LeaderFetcher} and {@code FollowerReplica} do, in the same
 * order.
 *
 * <p>Owner: the simulation's thread.
 */
final class SimulatedFollower {
  private static final int TIMEOUT_MS = 80;
  private static final int MAX_PAUSE_MS = 100;

  /** What a follower asks for; an answer is taken if it is to the very same question. */
  record Wanted(int leaderEpoch, long offset, int lastFetchedEpoch) {}

  private final SimulatedBroker broker;
  private final SimulatedCluster world;
  private final SimulatedLog log;
  private final PartitionImage role;
  private final FollowerState state;
  // null = no answer is being taken.
  private FollowerState.Answer current;
  // null = the log is not made to start where these begin.
  private List<Entry> toAppend;
  private int asked;
  private int pauses;

  SimulatedFollower(SimulatedBroker broker, PartitionImage role, long highWatermark) {
    this.broker = broker;
    this.world = broker.world;
    this.log = broker.log;
    this.role = role;
    this.state = new FollowerState(highWatermark, log);
  }

  FollowerState state() {
    return state;
  }

  private boolean isCurrent() {
    return broker.follower() == state;
  }

  private Wanted wanted() {
    return new Wanted(role.leaderEpoch(), log.endOffset(), log.latestEpoch());
  }

  void fetch() {
    if (!isCurrent() || current != null) {
      return;
    }
    asked++;
    if (broker.isRegistered()) {
      send(wanted(), broker.brokerEpoch());
    }
    fetchIfNotAsked(TIMEOUT_MS);
  }

  /** Unless it has asked, or taken an answer, by then. */
  private void fetchIfNotAsked(long ms) {
    int before = asked;
    broker.later(
        ms,
        () -> {
          if (asked == before) {
            fetch();
          }
        });
  }

  private void send(Wanted wanted, long epoch) {
    int process = broker.process();
    SimulatedBroker to = world.broker(role.leader());
    SimulatedLeader.Answering reply =
        (answer, records) ->
            world.send(
                to.id,
                broker.id,
                () -> broker.run(process, () -> onAnswer(wanted, answer, records)));
    broker.send(
        to, () -> SimulatedLeader.answer(to.replica().leader(), broker.id, epoch, wanted, reply));
  }

  private void onAnswer(Wanted wanted, FollowerState.Answer answer, List<Entry> records) {
    if (!isCurrent() || current != null || !wanted.equals(wanted())) {
      return;
    }
    current = answer;
    asked++;
    FollowerState.Step step = state.decide(answer, log);
    switch (step.action()) {
      case NOTHING -> taken(false);
      case WAIT -> taken(true);
      case APPEND -> append(records);
      case CUT -> {
        world.trace(broker.id, "cuts", step.offset() + " of " + log);
        broker.replica().change(() -> log.cut(step.offset()));
      }
      case START_ANEW -> {
        world.trace(broker.id, "starts anew", step.offset() + " instead of " + log);
        broker.replica().change(() -> log.startAnew(step.offset()));
      }
    }
  }

  private void append(List<Entry> records) {
    Entry batch = records.get(0);
    long first = batch.offset();
    if (FollowerState.startsWithin(current, first, batch.last(), log)) {
      world.trace(broker.id, "starts within", batch);
      toAppend = records;
      broker.replica().change(() -> log.startAnew(first));
      return;
    }
    records.forEach(log::enqueue);
    broker.replica().write();
  }

  void onWritten(boolean failed) {
    if (current != null) {
      taken(failed);
    }
  }

  /** The log was cut or begun anew. */
  void onChanged() {
    state.onLogChanged(log);
    if (toAppend == null) {
      taken(false);
    } else {
      List<Entry> records = toAppend;
      toAppend = null;
      append(records);
    }
  }

  /** An answer has been taken, and what it tells is learned whatever became of the records. */
  private void taken(boolean pause) {
    FollowerState.Answer answer = current;
    current = null;
    log.deleteBefore(state.startAfter(answer, log));
    long shown = state.highWatermark();
    if (state.onTaken(answer, log)) {
      world.invariants.onFollowerHighWatermark(broker, role.leaderEpoch(), shown);
    }
    if (answer.error() == Errors.NONE && answer.divergingEpoch() < 0) {
      world.invariants.onAgreed(broker, role);
    }
    pauses = pause ? pauses + 1 : 0;
    fetchIfNotAsked(
        pause
            ? Math.min(MAX_PAUSE_MS, 5L << Math.min(10, pauses))
            : 1 + world.random().nextInt(10));
  }
}
