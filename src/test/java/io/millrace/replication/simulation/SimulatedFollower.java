package io.millrace.replication.simulation;

import io.millrace.metadata.PartitionImage;
import io.millrace.model.Loop;
import io.millrace.model.TopicIdPartition;
import io.millrace.partition.Fetched;
import io.millrace.partition.FollowedLog;
import io.millrace.partition.state.FollowerState;
import io.millrace.replication.simulation.SimulatedLog.Entry;
import java.util.List;
import org.apache.kafka.common.protocol.Errors;

/**
 * A following replica: does what {@code FollowerReplica} does, in the same order. Who fetches for
 * it is the real one.
 *
 * <p>Owner: the simulation's thread.
 */
final class SimulatedFollower implements FollowedLog {
  private final SimulatedBroker broker;
  private final SimulatedCluster world;
  private final SimulatedLog log;
  private final PartitionImage role;
  private final FollowerState state;
  // null = no answer is being taken.
  private Taken taking;
  private FollowerState.Answer current;
  // null = the log is not made to start where these begin.
  private List<Entry> toAppend;
  private boolean retired;

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

  void begin() {
    broker.following().follow(this, role.leader());
  }

  /** It follows no more in this epoch. */
  void retire() {
    retired = true;
    broker.following().unfollow(this);
    done(false);
  }

  // ---- FollowedLog

  @Override
  public TopicIdPartition id() {
    return SimulatedController.ID;
  }

  @Override
  public Loop loop() {
    return broker.loop();
  }

  @Override
  public int leaderEpoch() {
    return role.leaderEpoch();
  }

  @Override
  public void take(Fetched fetched, Taken taken) {
    if (retired) {
      taken.onTaken(null, false);
      return;
    }
    taking = taken;
    if (fetched == null) {
      done(false);
      return;
    }
    List<Entry> records = SimulatedLog.decode(fetched.records());
    current =
        new FollowerState.Answer(
            fetched.error(),
            !records.isEmpty(),
            fetched.highWatermark(),
            fetched.logStartOffset(),
            fetched.divergingEpoch(),
            fetched.divergingEndOffset());
    FollowerState.Step step = state.decide(current, log);
    switch (step.action()) {
      case NOTHING -> done(false);
      case WAIT -> done(true);
      case APPEND -> append(records);
      case CUT -> {
        world.trace(broker.id, "cuts", step.offset() + " of " + log);
        world.invariants.onCut(broker, role, step.offset());
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
      done(failed);
    }
  }

  /** The log was cut or begun anew. */
  void onChanged() {
    state.onLogChanged(log);
    if (toAppend == null) {
      done(false);
    } else {
      List<Entry> records = toAppend;
      toAppend = null;
      append(records);
    }
  }

  /** An answer has been taken, and what it tells is learned whatever became of the records. */
  private void done(boolean pause) {
    Taken taken = taking;
    FollowerState.Answer answer = current;
    taking = null;
    current = null;
    if (answer != null && !retired) {
      learn(answer);
    }
    if (taken != null) {
      taken.onTaken(
          retired ? null : new Point(log.endOffset(), log.latestEpoch(), log.startOffset()), pause);
    }
  }

  private void learn(FollowerState.Answer answer) {
    log.deleteBefore(state.startAfter(answer, log));
    long shown = state.highWatermark();
    if (state.onTaken(answer, log)) {
      world.invariants.onFollowerHighWatermark(broker, role.leaderEpoch(), shown);
    }
    if (answer.error() == Errors.NONE && answer.divergingEpoch() < 0) {
      world.invariants.onAgreed(broker, role);
    }
  }
}
