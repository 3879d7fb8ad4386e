package io.millrace.replication.simulation;

import io.millrace.controller.Controller.LogEnd;
import io.millrace.metadata.BrokerImage;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.PartitionImage;
import io.millrace.partition.state.LeaderState;

/**
 * The replica of a process: its role by the image, and what is on its way to the log. The rules are
 * the real ones; what is here instead of {@code LocalReplica} does the same in the same order.
 *
 * <p>Owner: the simulation's thread.
 */
final class SimulatedReplica {
  private static final int REPORT_MS = 40;

  private final SimulatedBroker broker;
  private final SimulatedCluster world;
  private final SimulatedLog log;
  // Which image this process has got to.
  private int applied;
  // null = the partition is not started yet.
  private MetadataImage image;
  private int minInsyncReplicas;
  private long knownHighWatermark;
  private boolean writing;
  // The log is cut or begun anew.
  private boolean changing;
  private PartitionImage role;
  // null = it does not lead.
  private SimulatedLeader leader;
  // null = it does not follow.
  private SimulatedFollower follower;

  SimulatedReplica(SimulatedBroker broker) {
    this.broker = broker;
    this.world = broker.world;
    this.log = broker.log;
    this.applied = world.controller.images.size() - 1;
  }

  SimulatedLeader leader() {
    return leader;
  }

  SimulatedFollower follower() {
    return follower;
  }

  /** What lies before (exclusive) is committed, as far as this replica knows. */
  long stableEnd() {
    if (leader != null) {
      return leader.state().highWatermark();
    }
    return follower == null ? knownHighWatermark : follower.state().highWatermark();
  }

  PartitionImage role() {
    return role;
  }

  boolean isChanging() {
    return changing;
  }

  /** Whether its partition is started. */
  boolean serves() {
    return image != null;
  }

  MetadataImage image() {
    return image;
  }

  /** The broker epoch of a node that may be in sync; -1 = it may not. */
  long activeEpoch(int node) {
    BrokerImage other = image.brokers().get(node);
    return other != null && other.active() ? other.epoch() : -1;
  }

  // ---- The image

  /** The image has got some way, perhaps by several changes at once. */
  void learn() {
    int known = world.controller.images.size() - 1;
    if (applied < known) {
      applied = applied + 1 + world.random().nextInt(known - applied);
      if (image == null) {
        serveIfKnown();
      } else {
        apply();
      }
    }
  }

  /** The partition starts when the image has the broker's own registration. */
  void serveIfKnown() {
    BrokerImage self = world.controller.images.get(applied).brokers().get(broker.id);
    if (image == null
        && broker.isRegistered()
        && self != null
        && self.epoch() >= broker.brokerEpoch()) {
      knownHighWatermark = log.startOffset();
      apply();
    }
  }

  private void apply() {
    MetadataImage before = image;
    image = world.controller.images.get(applied);
    PartitionImage now = SimulatedController.partition(image);
    minInsyncReplicas =
        Math.min(
            now.replicas().size(),
            SimulatedController.POLICIES.minInsyncReplicas(image, SimulatedController.TOPIC));
    if (!now.replicas().contains(broker.id)) {
      role = null;
      leaveRole();
      if (!changing) {
        remove();
      }
      return;
    }
    boolean goesOn = leader != null && LeaderState.goesOn(broker.id, role, now);
    boolean newRole = role == null || (role.leaderEpoch() != now.leaderEpoch() && !goesOn);
    role = now;
    if (newRole) {
      leaveRole();
      if (!changing) {
        become();
      }
    } else if (leader != null) {
      leader.onCommitted(committed(), minInsyncReplicas);
    }
    if (leader != null && (before == null || before.brokers() != image.brokers())) {
      leader.propose();
    }
  }

  private LeaderState.Committed committed() {
    return new LeaderState.Committed(
        role.leaderEpoch(), role.partitionEpoch(), role.replicas(), role.isr());
  }

  // ---- The role

  private void leaveRole() {
    knownHighWatermark = stableEnd();
    leader = null;
    SimulatedFollower followed = follower;
    follower = null;
    if (followed != null) {
      followed.retire();
    }
  }

  /** As {@code PartitionSupervisor}: others have the partition, and its log here goes. */
  private void remove() {
    if (!log.isEmpty()) {
      world.trace(broker.id, "removes its log", log);
      change(log::wipe);
    }
    knownHighWatermark = 0;
  }

  private void become() {
    if (role == null) {
      remove();
    } else if (role.leader() == broker.id) {
      lead();
    } else if (role.leader() != PartitionImage.NO_LEADER) {
      follow();
    }
  }

  private void lead() {
    log.startEpoch(role.leaderEpoch());
    leader =
        new SimulatedLeader(
            broker,
            new LeaderState(
                broker.id,
                committed(),
                minInsyncReplicas,
                log.endOffset(),
                Math.max(log.startOffset(), Math.min(knownHighWatermark, log.endOffset())),
                world.nowMs()));
    world.trace(broker.id, "leads", role + " with " + log);
    leader.begin();
  }

  private void follow() {
    if (!log.isIdle()) {
      // As PartitionLog.follow: what was assigned is written first.
      changing = true;
      broker.later(
          1,
          () -> {
            changing = false;
            become();
          });
      return;
    }
    log.follow();
    follower = new SimulatedFollower(broker, role, knownHighWatermark);
    world.trace(broker.id, "follows", role.leader() + " in " + role.leaderEpoch() + " with " + log);
    follower.begin();
  }

  /** The ISR is looked at again and again. */
  void checkIsr() {
    broker.later(SimulatedCluster.MAX_LAG_MS / 2, this::checkIsr);
    if (leader != null) {
      leader.propose();
    }
  }

  /** Where nobody leads, how far the log reaches is said again and again. */
  void reportLogEnd() {
    broker.later(REPORT_MS, this::reportLogEnd);
    if (role != null
        && role.awaitsLogEnds()
        && broker.isRegistered()
        && !changing
        && log.isIdle()) {
      LogEnd end =
          new LogEnd(
              SimulatedController.TOPIC_ID,
              0,
              role.leaderEpoch(),
              log.lastEntryEpoch(),
              log.endOffset());
      long epoch = broker.brokerEpoch();
      world.toController(broker.id, () -> world.controller.reportLogEnd(broker.id, epoch, end));
    }
  }

  // ---- The log

  /** What is queued is on its way to the file. */
  void write() {
    if (writing || log.isIdle()) {
      return;
    }
    writing = true;
    broker.later(broker.writeDelayMs(), this::onWritten);
  }

  private void onWritten() {
    writing = false;
    boolean failed = world.failsToWrite();
    if (failed) {
      log.failWrite();
    } else {
      world.invariants.onWritten(broker, log.write());
    }
    if (leader != null && !failed) {
      leader.onWritten();
    } else if (follower != null && !changing) {
      follower.onWritten(failed);
    }
    write();
  }

  /** Changes the log as a whole, which ends even if this replica follows no more. */
  void change(Runnable what) {
    changing = true;
    SimulatedFollower by = follower;
    broker.later(
        world.writeDelayMs(),
        () -> {
          changing = false;
          what.run();
          world.invariants.onLogCut(broker);
          if (follower != null && follower == by) {
            follower.onChanged();
          } else {
            become();
          }
        });
  }

  @Override
  public String toString() {
    if (leader != null) {
      return " leads, hw " + leader.state().highWatermark() + ", " + leader.state().committed();
    }
    return follower == null ? "" : " follows, hw " + follower.state().highWatermark();
  }
}
