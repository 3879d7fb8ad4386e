package io.millrace.partition.state;

import io.millrace.metadata.PartitionImage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.function.IntToLongFunction;

/**
 * A leader's view of its replicas: how far each has got, with that the high watermark, and who is
 * to be in the ISR. Pure.
 *
 * <p>The high watermark is the least log end offset of the <em>maximal</em> ISR, that is of the
 * committed one and of every replica whose entry into it has been asked for (KIP-497), and stands
 * still while the committed ISR is smaller than {@code min.insync.replicas} (KIP-966).
 *
 * <p>Owner: partition loop.
 */
public final class LeaderState {
  /**
   * What the controller has committed of the partition.
   *
   * @param replicas all of them
   */
  public record Committed(
      int leaderEpoch, int partitionEpoch, List<Integer> replicas, List<Integer> isr) {
    public Committed {
      replicas = List.copyOf(replicas);
      isr = List.copyOf(isr);
    }

    /** As an image has it. */
    public static Committed of(PartitionImage image) {
      return new Committed(
          image.leaderEpoch(), image.partitionEpoch(), image.replicas(), image.isr());
    }
  }

  private final int localId;
  // Where the log ended when this node began to lead: whoever is in sync has all before it.
  private final long epochStart;
  // Invariant: of a partition epoch that never goes back, and of a leader epoch that is only
  // followed by the next one, with the same leader.
  private Committed committed;
  // Invariant: while it is not null, the controller may have committed it or may still do so; its
  // members count for the high watermark as those of the committed ISR do.
  private IsrProposal proposed;
  private int minInsyncReplicas;
  // Of every replica but this one.
  private final Map<Integer, FollowerProgress> followers = new HashMap<>();
  private long localEnd;
  // Invariant: every record below it is in the log of every member of the maximal ISR, now and
  // after any election from the ISR. Never goes back while this node leads.
  private long highWatermark;

  /**
   * A new leader.
   *
   * @param localEnd its persisted log end offset
   * @param highWatermark what it knew as a follower, or its log start offset
   */
  public LeaderState(
      int localId,
      Committed committed,
      int minInsyncReplicas,
      long localEnd,
      long highWatermark,
      long nowMs) {
    this.localId = localId;
    this.committed = committed;
    this.minInsyncReplicas = minInsyncReplicas;
    this.epochStart = localEnd;
    this.localEnd = localEnd;
    this.highWatermark = highWatermark;
    meetFollowers(nowMs);
    advance();
  }

  /**
   * Whether a node that led goes on leading, and nobody can have led between: what followers were
   * known to have, they still have. A leader epoch that ends so has had a replica taken away.
   */
  public static boolean goesOn(int nodeId, PartitionImage was, PartitionImage is) {
    return was.leader() == nodeId
        && is.leader() == nodeId
        && is.leaderEpoch() - was.leaderEpoch() <= 1;
  }

  private void meetFollowers(long nowMs) {
    followers.keySet().retainAll(committed.replicas());
    for (int replica : committed.replicas()) {
      if (replica != localId) {
        followers.computeIfAbsent(
            replica,
            any ->
                committed.isr().contains(replica)
                    ? FollowerProgress.inSync(nowMs)
                    : FollowerProgress.unknown());
      }
    }
  }

  public int leaderEpoch() {
    return committed.leaderEpoch();
  }

  /** Where the log ended when this node began to lead. */
  public long epochStart() {
    return epochStart;
  }

  public long highWatermark() {
    return highWatermark;
  }

  /** Whether acks=all can be promised now. */
  public boolean hasEnoughReplicas() {
    return committed.isr().size() >= minInsyncReplicas;
  }

  public int isrSize() {
    return committed.isr().size();
  }

  public int minInsyncReplicas() {
    return minInsyncReplicas;
  }

  /** Who may be elected in the next epoch: the maximal ISR without this node. */
  public Set<Integer> successors() {
    Set<Integer> others = new HashSet<>(committed.isr());
    if (proposed != null) {
      proposed.isr().forEach(member -> others.add(member.nodeId()));
    }
    others.remove(localId);
    return others;
  }

  /** Whether a node has a replica, apart from this one. */
  public boolean isFollower(int nodeId) {
    return followers.containsKey(nodeId);
  }

  /** The local log persisted more. True = the high watermark grew. */
  public boolean onLocalEnd(long end, long nowMs) {
    if (end > localEnd) {
      for (FollowerProgress progress : followers.values()) {
        progress.onLeaderGrows(localEnd, nowMs);
      }
      localEnd = end;
    }
    return advance();
  }

  /**
   * A follower fetches from here on, with a log that does not diverge: it has everything before.
   * True = the high watermark grew.
   *
   * @param brokerEpoch under which it fetches; -1 = it does not say
   */
  public boolean onFollowerFetch(int replica, long brokerEpoch, long fetchOffset, long nowMs) {
    FollowerProgress progress = followers.get(replica);
    if (progress == null || progress.isOutdated(brokerEpoch)) {
      // The process that is there now may have less than the one that has asked.
      return false;
    }
    progress.onFetch(fetchOffset, brokerEpoch, localEnd, nowMs);
    return advance();
  }

  /**
   * Where a follower's log starts.
   *
   * @param brokerEpoch under which it says so
   * @param logStartOffset -1 = it does not say
   * @param localStart where this log starts now
   */
  public void onFollowerStart(int replica, long brokerEpoch, long logStartOffset, long localStart) {
    FollowerProgress progress = followers.get(replica);
    if (progress != null && !progress.isOutdated(brokerEpoch)) {
      progress.onStart(logStartOffset, localStart);
    }
  }

  /**
   * The follower that a consumer is to read from (KIP-392): in sync, near to it, and caught up; of
   * several the one that has most. -1 = there is none, or this node is as near.
   *
   * @param near whether a node serves consumers of that place
   * @param maxLagMs of a follower that counts as caught up
   */
  public int nearerReplica(long fetchOffset, IntPredicate near, long maxLagMs, long nowMs) {
    if (near.test(localId)) {
      return -1;
    }
    int best = -1;
    long bestEnd = Math.max(fetchOffset, highWatermark) - 1;
    for (int member : committed.isr()) {
      FollowerProgress progress = followers.get(member);
      if (progress != null
          && progress.knownEnd() > bestEnd
          && progress.startsBy(fetchOffset)
          && progress.lagMs(localEnd, nowMs) <= maxLagMs
          && near.test(member)) {
        best = member;
        bestEnd = progress.knownEnd();
      }
    }
    return best;
  }

  /**
   * The controller committed a change, and this minimum holds with it. Both count at once: a leader
   * that knows of a lower minimum and not yet that an ISR is over, or of a smaller ISR and not yet
   * of a higher minimum, would commit what others do not have. True = the high watermark grew. A
   * change that is older than what is known changes nothing.
   *
   * <p>The next leader epoch may begin with it ({@link #goesOn}). Nothing that was asked for in the
   * one before can be committed any more, and who is not in sync has to fetch again: it may have
   * been taken away and added again with an empty log.
   */
  public boolean onCommitted(Committed change, int minimum, long nowMs) {
    boolean nextEpoch = change.leaderEpoch() == committed.leaderEpoch() + 1;
    if (change.leaderEpoch() != committed.leaderEpoch() && !nextEpoch) {
      throw new IllegalArgumentException(change + " is of another leader than " + committed);
    }
    if (change.partitionEpoch() < committed.partitionEpoch()) {
      return false;
    }
    if (change.partitionEpoch() > committed.partitionEpoch()) {
      proposed = null;
    }
    for (int member : change.isr()) {
      if (!committed.isr().contains(member) && endOf(member) < 0) {
        // Nobody joins without having fetched, but if it did, it would get its time to.
        followers.remove(member);
      }
    }
    if (nextEpoch) {
      followers.keySet().retainAll(change.isr());
    }
    committed = change;
    minInsyncReplicas = minimum;
    meetFollowers(nowMs);
    return advance();
  }

  /** The setting changed, and nothing else did. True = the high watermark grew. */
  public boolean onMinInsyncReplicas(int count) {
    minInsyncReplicas = count;
    return advance();
  }

  // ---- the ISR

  /**
   * The ISR that is to be asked for now; null = the committed one is right, or another one has been
   * asked for and its fate is open.
   *
   * @param maxLagMs {@code replica.lag.time.max.ms}, or less of a replica that cannot get on
   * @param activeEpoch the broker epoch of a node that may be in sync; -1 = it may not
   */
  public IsrProposal propose(
      long nowMs, IntToLongFunction maxLagMs, IntToLongFunction activeEpoch) {
    if (proposed != null) {
      return null;
    }
    List<IsrProposal.Member> isr = new ArrayList<>();
    List<Integer> joining = new ArrayList<>();
    List<Integer> leaving = new ArrayList<>();
    for (int replica : committed.replicas()) {
      boolean member = committed.isr().contains(replica);
      FollowerProgress progress = followers.get(replica);
      if (progress == null) {
        isr.add(new IsrProposal.Member(replica, -1));
      } else if (member && progress.lagMs(localEnd, nowMs) > maxLagMs.applyAsLong(replica)) {
        leaving.add(replica);
      } else if (member || mayJoin(progress, activeEpoch.applyAsLong(replica))) {
        isr.add(new IsrProposal.Member(replica, member ? -1 : progress.brokerEpoch()));
        if (!member) {
          joining.add(replica);
        }
      }
    }
    if (joining.isEmpty() && leaving.isEmpty()) {
      return null;
    }
    proposed =
        new IsrProposal(committed.leaderEpoch(), committed.partitionEpoch(), isr, joining, leaving);
    return proposed;
  }

  /**
   * Whoever joins has everything that is committed, and everything of earlier leaders, and nothing
   * from before the start of this log: with that its own cannot be compared any more.
   */
  private boolean mayJoin(FollowerProgress progress, long activeEpoch) {
    return progress.knownEnd() >= Math.max(highWatermark, epochStart)
        && !progress.startsBeforeLeader()
        && activeEpoch >= 0
        && progress.brokerEpoch() == activeEpoch;
  }

  /** Whether there is a member that may have to leave if it does not get on. */
  public boolean lags() {
    for (int member : committed.isr()) {
      FollowerProgress progress = followers.get(member);
      if (progress != null && progress.end() < localEnd) {
        return true;
      }
    }
    return false;
  }

  /**
   * Whether a replica that is not in the ISR might join it, were it asked for now.
   *
   * @param activeEpoch as of {@link #propose}
   */
  public boolean mayJoin(int replica, IntToLongFunction activeEpoch) {
    FollowerProgress progress = followers.get(replica);
    // In this order: nearly always it is a member, and every fetch of a follower asks.
    return !committed.isr().contains(replica)
        && proposed == null
        && progress != null
        && mayJoin(progress, activeEpoch.applyAsLong(replica));
  }

  /**
   * The proposal was refused, and surely not committed. True = the high watermark grew.
   *
   * @param refused another one than the last changes nothing
   */
  public boolean onRefused(IsrProposal refused) {
    if (proposed == null || !proposed.equals(refused)) {
      return false;
    }
    proposed = null;
    return advance();
  }

  /** What is asked for, and may be committed; null = nothing. */
  public IsrProposal proposed() {
    return proposed;
  }

  public Committed committed() {
    return committed;
  }

  /** Log end offset (exclusive) of a replica; -1 = not known yet. */
  public long endOf(int replica) {
    if (replica == localId) {
      return localEnd;
    }
    FollowerProgress progress = followers.get(replica);
    return progress == null ? -1 : progress.knownEnd();
  }

  /**
   * For how long a replica has not been caught up, in ms; 0 = it is; -1 = not known yet. Of one
   * that never was, since it fetches from this leader.
   */
  public long lagMs(int replica, long nowMs) {
    if (replica == localId) {
      return 0;
    }
    FollowerProgress progress = followers.get(replica);
    return progress == null || progress.knownEnd() < 0 ? -1 : progress.seenLagMs(localEnd, nowMs);
  }

  private boolean advance() {
    if (!hasEnoughReplicas()) {
      return false;
    }
    long least = localEnd;
    for (int replica : committed.isr()) {
      least = Math.min(least, securedBy(replica));
    }
    if (proposed != null) {
      for (IsrProposal.Member member : proposed.isr()) {
        least = Math.min(least, securedBy(member.nodeId()));
      }
    }
    if (least <= highWatermark) {
      return false;
    }
    highWatermark = least;
    return true;
  }

  private long securedBy(int replica) {
    if (replica == localId) {
      return localEnd;
    }
    FollowerProgress progress = followers.get(replica);
    return progress == null ? 0 : progress.end();
  }
}
