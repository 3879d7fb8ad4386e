package io.millrace.quorum.state;

import io.millrace.model.VoterId;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * What a replica has, whatever its role: its log, its disk, its time.
 *
 * <p>Owner: quorum context.
 */
final class Replica {
  final VoterId self;
  final QuorumTiming timing;
  final ReplicaLog log;
  final Disk disk;
  private final RandomGenerator random;

  /** Time of the newest call. */
  long nowMs;

  /** The replica that was heard of last as the leader; null = none. */
  private VoterId lastLeader;

  private long lastLeaderMs;

  /** Members of the cluster that may know the leader. */
  Set<VoterId> peers = Set.of();

  Replica(VoterId self, QuorumTiming timing, Stored stored, RandomGenerator random, long nowMs) {
    this.self = self;
    this.timing = timing;
    this.log = new ReplicaLog(stored, timing.tailRecords());
    this.disk = new Disk(stored.hardState(), log);
    this.random = random;
    this.nowMs = nowMs;
  }

  int term() {
    return disk.hardState().term();
  }

  VoterSet voters() {
    return log.voters().current();
  }

  boolean isVoter() {
    return voters().contains(self);
  }

  /** Whether this replica takes part in elections. */
  boolean isNeeded() {
    return log.voters().isNeeded(self, log.committedEnd());
  }

  /** Whether this replica may ask to be elected now. */
  boolean mayCampaign() {
    return isNeeded()
        && !disk.isPaused(nowMs)
        && !disk.isInstalling()
        && !disk.isHanging(nowMs, timing);
  }

  /** Another replica has just said that it leads. */
  void onLeaderHeard(VoterId leader) {
    lastLeader = leader;
    lastLeaderMs = nowMs;
  }

  PreviousLeader previousLeader() {
    return lastLeader == null
        ? PreviousLeader.NOBODY
        : new PreviousLeader(lastLeader.nodeId(), nowMs - lastLeaderMs);
  }

  /** A deadline between one and two election timeouts from now. */
  long randomDeadline() {
    return nowMs + timing.electionTimeoutMs() + random.nextInt(timing.electionTimeoutMs());
  }
}
