package io.millrace.partition.state;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A leader's view of its replicas: how far each has got, and with that the high watermark. Pure.
 *
 * <p>The high watermark is the least log end offset of the <em>maximal</em> ISR, that is of the
 * committed one and of every replica whose entry into it has been asked for (KIP-497), and stands
 * still while the committed ISR is smaller than {@code min.insync.replicas} (KIP-966).
 *
 * <p>Owner: partition loop.
 */
public final class LeaderState {
  private final int localId;
  private final int leaderEpoch;
  private Set<Integer> isr;
  private final Set<Integer> proposed = new HashSet<>();
  private int minInsyncReplicas;
  // Log end offset (exclusive) of each follower, as its last fetch said. Invariant: never above the
  // local one.
  private final Map<Integer, Long> followerEnds = new HashMap<>();
  private long localEnd;
  // Invariant: every record below it is in the log of every member of the maximal ISR, now and
  // after any election from
  // the ISR. Never goes back within one leader epoch.
  private long highWatermark;

  /**
   * A new leader.
   *
   * @param localEnd its persisted log end offset
   * @param highWatermark what it knew as a follower, or its log start offset
   */
  public LeaderState(
      int localId,
      int leaderEpoch,
      List<Integer> isr,
      int minInsyncReplicas,
      long localEnd,
      long highWatermark) {
    this.localId = localId;
    this.leaderEpoch = leaderEpoch;
    this.isr = Set.copyOf(isr);
    this.minInsyncReplicas = minInsyncReplicas;
    this.localEnd = localEnd;
    this.highWatermark = highWatermark;
    advance();
  }

  public int leaderEpoch() {
    return leaderEpoch;
  }

  public long highWatermark() {
    return highWatermark;
  }

  /** Whether acks=all can be promised now. */
  public boolean hasEnoughReplicas() {
    return isr.size() >= minInsyncReplicas;
  }

  public int isrSize() {
    return isr.size();
  }

  public int minInsyncReplicas() {
    return minInsyncReplicas;
  }

  /** The local log persisted more. True = the high watermark grew. */
  public boolean onLocalEnd(long end) {
    localEnd = Math.max(localEnd, end);
    return advance();
  }

  /** A follower's log ends here now. True = the high watermark grew. */
  public boolean onFollowerEnd(int replica, long end) {
    followerEnds.merge(replica, Math.min(end, localEnd), Math::max);
    return advance();
  }

  /** The controller committed an ISR. True = the high watermark grew. */
  public boolean onCommittedIsr(List<Integer> committed) {
    isr = Set.copyOf(committed);
    proposed.removeAll(isr);
    return advance();
  }

  /** The setting changed. True = the high watermark grew. */
  public boolean onMinInsyncReplicas(int count) {
    minInsyncReplicas = count;
    return advance();
  }

  private boolean advance() {
    if (!hasEnoughReplicas()) {
      return false;
    }
    long least = localEnd;
    for (int replica : isr) {
      least = Math.min(least, endOf(replica));
    }
    for (int replica : proposed) {
      least = Math.min(least, endOf(replica));
    }
    if (least <= highWatermark) {
      return false;
    }
    highWatermark = least;
    return true;
  }

  private long endOf(int replica) {
    return replica == localId ? localEnd : followerEnds.getOrDefault(replica, 0L);
  }
}
